"""How the weights of a layer are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from scenarios.spec.checks import check

__all__ = ["FanInUniform", "GlorotUniform", "Initializer", "Normal", "Zeros"]


@dataclass(frozen=True)
class Zeros:
    """All zeros."""


@dataclass(frozen=True)
class Normal:
    """A normal distribution with this mean and standard deviation."""

    mean: float = 0.0
    stddev: float = 1.0

    def __post_init__(self) -> None:
        check(self, mean="finite", stddev="not negative")


@dataclass(frozen=True)
class GlorotUniform:
    """Uniform within ±sqrt(6 / (inputs + outputs)); Glorot and Bengio 2010, equation 16."""


@dataclass(frozen=True)
class FanInUniform:
    """Uniform within ±1 / sqrt(inputs), for a kernel and for its bias, as `nn.Linear` and `nn.Conv2d` initialize them
    (torch/nn/modules/linear.py:124 and 128, version 2.15)."""


Initializer = Union[Zeros, Normal, GlorotUniform, FanInUniform]
