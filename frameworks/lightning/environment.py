"""What really runs in this process, read back from PyTorch and Lightning."""

from __future__ import annotations

import logging
import platform
import warnings
from typing import Any

import numpy as np
import torch
import torchmetrics

from frameworks.environment import Environment
from frameworks.job import Settings
from frameworks.lightning.api import pl, quiet
from frameworks.lightning.package import DISTRIBUTION


def environment(settings: Settings) -> Environment:
    """Set the number of threads, silence Lightning's advice on data loaders, and return the environment as it is."""
    torch.set_num_threads(settings["threads"])
    warnings.filterwarnings("ignore", ".*(num_workers|does not have many workers).*")
    quiet(logging.WARNING)
    return {"framework": "lightning", "backend": "torch", "execution": "eager",
            "device": "cuda" if torch.cuda.is_available() else "cpu",
            "dtype": str(torch.get_default_dtype()).split(".")[1], "threads": torch.get_num_threads(),
            "settings": settings_of(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__,
                         DISTRIBUTION: pl.__version__,  # type: ignore[attr-defined]
                         "torchmetrics": torchmetrics.__version__}}


def forget(settings: Settings) -> None:
    """Do nothing: PyTorch keeps nothing of a job that is not referenced any more."""


def settings_of() -> dict[str, Any]:
    """Return the settings of PyTorch and the Trainer that files, variables or patches of the user can change."""
    trainer = pl.Trainer(accelerator="gpu" if torch.cuda.is_available() else "cpu", devices=1, logger=False,
                         enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    return {"default_dtype": str(torch.get_default_dtype()).split(".")[1],
            "matmul_precision": torch.get_float32_matmul_precision(), "precision": trainer.precision,
            "world_size": trainer.world_size, "accumulate_grad_batches": trainer.accumulate_grad_batches,
            "gradient_clip_val": trainer.gradient_clip_val}
