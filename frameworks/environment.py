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
    execution: str
    """graph, jit or eager."""
    threads: int | Sequence[int]
    versions: dict[str, str]
    """By package."""
    series: Sequence[str]
    """For Keras, the package by which default rules know it, and its version: ["tf.keras", "2.4.4"]."""
    settings: dict[str, Any]
    """What files or variables of an account could have changed."""
    file: str
    """The folder of the package."""


Environments = Mapping[str, Environment]
"""By the name of a framework."""
