"""Regularizers of the weights and the outputs of a layer. `scenarios.spec` exports them and explains unset fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check

__all__ = ["L1", "L2", "Regularizing"]


@dataclass(frozen=True)
class L1:
    """factor · Σ |v| is added to the loss; Goodfellow et al. 2016, equation 7.19."""

    factor: float
    """What the sum is multiplied by, as in `keras.regularizers.L1(factor)`."""
    reported: bool | None = None
    """Whether the loss that training and evaluation report contains it. The gradient always does."""

    def __post_init__(self) -> None:
        check(self, factor="positive")


@dataclass(frozen=True)
class L2:
    """factor · Σ v² is added to the loss; as a weight decay in the gradient, it has twice the factor."""

    factor: float
    """What the sum is multiplied by, as in `keras.regularizers.L2(factor)`."""
    reported: bool | None = None
    """As in `L1`."""

    def __post_init__(self) -> None:
        check(self, factor="positive")


Regularizing = Union[L1, L2, Literal["none"]]
