"""What really runs in this process, read back from NumPy."""

from __future__ import annotations

import platform

import numpy as np
import threadpoolctl

from frameworks.environment import Environment
from frameworks.job import Settings


def environment(settings: Settings) -> Environment:
    """Return the environment; its dtype is that of the settings.

    `threads` is the number of threads of NumPy's BLAS, or 1 if threadpoolctl finds none: NumPy's own operations are
    single-threaded.
    """
    blas = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    return {"framework": "reference", "backend": "numpy", "device": "cpu", "execution": "eager",
            "dtype": settings["dtype"], "threads": max(blas, default=1),
            "versions": {"python": platform.python_version(), "numpy": np.__version__}}


def forget(settings: Settings) -> None:
    """Do nothing: NumPy keeps nothing of a job."""
