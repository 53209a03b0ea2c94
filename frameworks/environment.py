"""What a worker reports of itself when it is ready: the environment in which it trains."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, TypedDict


class Environment(TypedDict, total=False):
    """Read back from the frameworks themselves, never taken from what was requested."""

    framework: str
    """The realization: keras, lightning or reference."""
    backend: str
    """tensorflow, jax, torch or numpy."""
    device: str
    """cpu or cuda."""
    dtype: str
    """Of the computations, as in float32; for the NumPy reference, the one of its settings."""
    execution: str
    """How steps run: graph, jit or eager."""
    threads: int | Sequence[int]
    """The number of threads of the backend."""
    versions: dict[str, str]
    """By package; also that of Python."""
    series: Sequence[str]
    """For Keras, the package by which default rules know it, and its version: ["tf.keras", "2.4.4"]."""
    settings: dict[str, Any]
    """Settings of the framework that configuration files, environment variables or patches of the user can change."""
    file: str
    """For Keras, the folder from which it was imported."""


Environments = Mapping[str, Environment]
"""By the name of a framework, as in `frameworks.FRAMEWORKS`."""
