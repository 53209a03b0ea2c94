"""The vocabulary of what changes or ends a training: `optimizers` and `spec` take it over, and say what open means.

n counts the steps, or the whole epochs, that are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check, refuse_unless

Monitor = Literal["test/loss", "train/loss"]


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


@dataclass(frozen=True)
class ReduceOnPlateau:
    """`initial`, times `factor` whenever a number of the epochs has not become smaller for some of them.

    An epoch is bad unless its number is smaller than the best so far by more than `threshold`. Of rates that a
    reduction would change by no more than 1e-8, which PyTorch leaves, and of a number that is nan, nothing is said.
    """

    initial: float
    """The rate of the first step."""
    factor: float = 0.1
    patience: int = 10
    monitor: Monitor = "test/loss"
    """Which reported number is watched."""
    threshold: float = 1e-4
    threshold_of: Literal["difference", "ratio"] | None = None
    """Whether `threshold` is that of the difference to the best, or of their ratio to 1."""
    bad_epochs: Literal["patience", "one_more"] | None = None
    """How many bad epochs in a row, at least one, reduce the rate: `patience`, or one more."""
    in_momentum: bool | None = None
    """As in `ExponentialDecay`."""

    def __post_init__(self) -> None:
        check(self, initial="positive", factor="positive", patience="not negative", threshold="not negative")
        refuse_unless(self.factor < 1, self, "factor", "a number below 1")


Schedule = Union[ExponentialDecay, CosineDecay, ReduceOnPlateau]


@dataclass(frozen=True)
class EarlyStopping:
    """Ends the training after an epoch when a number has not become smaller for `patience` epochs in a row, at least
    one; Goodfellow et al. 2016, algorithm 7.1."""

    monitor: Monitor = "test/loss"
    """Which reported number is watched."""
    patience: int | None = None
    not_finite: Literal["counts", "stops"] | None = None
    """Whether an epoch whose number is nan or infinite counts as one that is not smaller, or ends the training."""
    first_nan: Literal["bad", "best"] | None = None
    """Whether a first number that is nan counts as not smaller, or is the best so far, than which none is smaller."""

    def __post_init__(self) -> None:
        check(self, patience="not negative")
