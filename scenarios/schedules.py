"""The vocabulary of learning rates that change: `optimizers` takes them over, and says what open means.

n counts the steps, or the whole epochs, that are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.checks import check


@dataclass(frozen=True)
class ExponentialDecay:
    """initial · factor^(n / every)."""

    initial: float
    """The rate of the first step."""
    factor: float
    every: int = 1
    """After so many steps or epochs, the rate is `factor` times what it was."""
    staircase: bool = False
    """Whether n / every is rounded down."""
    per: Literal["step", "epoch"] | None = None
    """What n counts."""
    in_momentum: bool | None = None
    """Whether a momentum keeps each gradient times the rate of its own step, v ← momentum · v − rate · g, or no rate at
    all, so that the whole of it is taken times the rate of now: v ← momentum · v − g, w ← w + rate · v."""

    def __post_init__(self) -> None:
        check(self, initial="positive", factor="positive", every="positive")


@dataclass(frozen=True)
class CosineDecay:
    """initial · ½ (1 + cos(π n / length)); Loshchilov and Hutter 2017, equation 5, without restarts."""

    initial: float
    """The rate of the first step."""
    length: int
    """After so many steps or epochs, the rate is 0."""
    after: Literal["stays", "rises"] | None = None
    """Whether n then stays at `length`, or goes on, so that the rate comes back."""
    per: Literal["step", "epoch"] | None = None
    """What n counts."""
    in_momentum: bool | None = None
    """As in `ExponentialDecay`."""

    def __post_init__(self) -> None:
        check(self, initial="positive", length="positive")


Schedule = Union[ExponentialDecay, CosineDecay]
