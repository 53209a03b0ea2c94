"""Activations, what a layer's numbers become one by one or, by a softmax, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scenarios.spec.checks import check


@dataclass(frozen=True)
class LeakyReLU:
    """x where it is positive, elsewhere slope · x, as a layer (`keras.layers.LeakyReLU`); Maas et al. 2013."""

    slope: float | None = None
    """What numbers below 0 are multiplied by."""

    def __post_init__(self) -> None:
        check(self, slope="not negative")


@dataclass(frozen=True)
class LeakyReLUByName(LeakyReLU):
    """The same, asked for by its name, as in `activation="leaky_relu"`."""


@dataclass(frozen=True)
class GELU:
    """x · Φ(x), where Φ is the distribution function of a standard normal; Hendrycks and Gimpel 2016."""

    approximate: bool | None = None
    """Whether Φ(x) is taken as ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class HardSigmoid:
    """slope · x + ½, held between 0 and 1; Howard et al. 2019, section 5.2, has a slope of 1/6."""

    slope: float | None = None
    """How steep it is at 0."""

    def __post_init__(self) -> None:
        check(self, slope="positive")


@dataclass(frozen=True)
class Activation:
    """An activation as a layer of its own; the input of the last one is called the logits."""

    function: Literal["sigmoid", "softmax", "relu", "tanh", "elu"] | LeakyReLU | LeakyReLUByName | GELU | HardSigmoid

    def __post_init__(self) -> None:
        check(self)
