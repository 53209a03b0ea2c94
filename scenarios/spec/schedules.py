"""Learning rate schedules and early stopping. `scenarios.spec` exports them and explains unset fields.

n is the number of completed steps or epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from scenarios.spec.checks import check, refuse_unless

__all__ = ["CosineDecay", "EarlyStopping", "ExponentialDecay", "InverseTimeDecay", "ReduceOnPlateau"]

Monitor = Literal["test/loss", "train/loss"]


@dataclass(frozen=True)
class ExponentialDecay:
    """initial · factor^(n / every)."""

    initial: float
    """The rate of the first step."""
    factor: float
    """The rate after `every` steps or epochs, relative to the rate before."""
    every: int = 1
    """The number of steps or epochs after which the rate is multiplied by `factor`."""
    staircase: bool = False
    """Whether n / every is rounded down."""
    per: Literal["step", "epoch"] | None = None
    """What n counts."""
    in_momentum: bool | None = None
    """Whether the velocity of a momentum contains the rate. True: v ← momentum · v − rate · g, so each gradient keeps
    the rate of its own step. False: v ← momentum · v − g, w ← w + rate · v, so all are scaled by the current rate."""

    def __post_init__(self) -> None:
        check(self, initial="positive", factor="positive", every="positive")


@dataclass(frozen=True)
class InverseTimeDecay:
    """initial / (1 + factor · n / every). With `every` = 1 it is `decay=` of the optimizers of Keras before 2.11."""

    initial: float
    """The rate of the first step."""
    factor: float
    """By how much the denominator grows in `every` steps or epochs."""
    every: int = 1
    """The number of steps or epochs in which the denominator grows by `factor`."""
    staircase: bool = False
    """Whether n / every is rounded down."""
    per: Literal["step", "epoch"] | None = None
    """What n counts."""
    in_momentum: bool | None = None
    """As in `ExponentialDecay`."""

    def __post_init__(self) -> None:
        check(self, initial="positive", factor="positive", every="positive")


@dataclass(frozen=True)
class CosineDecay:
    """initial · ½ (1 + cos(π n / length)); Loshchilov and Hutter 2017, equation 5, without restarts."""

    initial: float
    """The rate of the first step."""
    length: int
    """The number of steps or epochs after which the rate is 0."""
    after: Literal["stays", "rises"] | None = None
    """After that, n stays at `length`, or continues, so that the rate rises again."""
    per: Literal["step", "epoch"] | None = None
    """What n counts."""
    in_momentum: bool | None = None
    """As in `ExponentialDecay`."""

    def __post_init__(self) -> None:
        check(self, initial="positive", length="positive")


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiplies the rate by `factor` when the monitored metric has not improved for some epochs.

    An epoch is bad unless its metric is below the best one so far by more than `threshold`. Two cases are not
    specified: a reduction that changes the rate by at most 1e-8, which PyTorch skips, and a metric that is nan.
    """

    initial: float
    """The rate of the first step."""
    factor: float = 0.1
    """What a reduction multiplies the rate by."""
    patience: int = 10
    """The number of bad epochs in a row after which the rate is reduced, or one less, as `bad_epochs` says."""
    monitor: Monitor = "test/loss"
    """The monitored metric."""
    threshold: float = 1e-4
    threshold_of: Literal["difference", "ratio"] | None = None
    """Whether `threshold` is absolute (the difference from the best) or relative (a share of the best)."""
    bad_epochs: Literal["patience", "one_more"] | None = None
    """The rate is reduced after `patience` bad epochs in a row, or after one more; at least after one."""
    in_momentum: bool | None = None
    """As in `ExponentialDecay`."""

    def __post_init__(self) -> None:
        check(self, initial="positive", factor="positive", patience="not negative", threshold="not negative")
        refuse_unless(self.factor < 1, self, "factor", "a number below 1")


Schedule = Union[ExponentialDecay, InverseTimeDecay, CosineDecay, ReduceOnPlateau]


@dataclass(frozen=True)
class EarlyStopping:
    """Ends the training when the monitored metric has not improved for `patience` epochs in a row, at least for one;
    Goodfellow et al. 2016, algorithm 7.1."""

    monitor: Monitor = "test/loss"
    """The monitored metric."""
    patience: int | None = None
    """The number of epochs without an improvement after which the training ends."""
    not_finite: Literal["counts", "stops"] | None = None
    """Whether a metric that is nan or infinite counts as no improvement, or ends the training at once."""
    first_nan: Literal["bad", "best"] | None = None
    """Whether a nan in the first epoch counts as no improvement, or as the best so far, which nothing improves on."""
    restore_best_weights: bool | None = None
    """Whether the training leaves the weights of its best epoch, not those of its last one."""
    restored: Literal["at_end", "when_stopped"] | None = None
    """When the best weights are restored: after every training, or only if early stopping has ended it."""

    def __post_init__(self) -> None:
        check(self, patience="not negative")
