"""Activation functions: element-wise, except for softmax, which is applied to each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scenarios.spec.checks import check

__all__ = ["Activation", "GELU", "HardSigmoid", "LeakyReLU", "LeakyReLUByName"]


@dataclass(frozen=True)
class LeakyReLU:
    """x if x > 0, else slope · x, as a layer (`keras.layers.LeakyReLU`); Maas et al. 2013."""

    slope: float | None = None
    """The factor of negative values."""

    def __post_init__(self) -> None:
        check(self, slope="not negative")


@dataclass(frozen=True)
class LeakyReLUByName(LeakyReLU):
    """The same function, selected by its name, as in `activation="leaky_relu"`."""


@dataclass(frozen=True)
class GELU:
    """x · Φ(x), where Φ is the CDF of the standard normal distribution; Hendrycks and Gimpel 2016."""

    approximate: bool | None = None
    """Whether Φ(x) is approximated by ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class HardSigmoid:
    """slope · x + ½, clipped to [0, 1]; the slope in Howard et al. 2019, section 5.2, is 1/6."""

    slope: float | None = None
    """The slope at 0."""

    def __post_init__(self) -> None:
        check(self, slope="positive")


@dataclass(frozen=True)
class Activation:
    """An activation as a separate layer. The inputs of the last one are called logits."""

    function: Literal["sigmoid", "softmax", "relu", "tanh", "elu"] | LeakyReLU | LeakyReLUByName | GELU | HardSigmoid
    """The name of a function, or one of the classes here if it has a field. `elu` has the factor 1 below 0."""

    def __post_init__(self) -> None:
        check(self)
