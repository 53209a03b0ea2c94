"""Optimizers. `scenarios.spec` exports them and explains unset fields.

g is the gradient of the loss, rate the learning rate (a number or a schedule), w a weight, and t the step, counted
from 1. A field without a text is the quantity of the same name in the formula of its class; `weight_decay`, `clip` and
`accumulation` are a `WeightDecay`, a `Clip`, an `Accumulation`, or `none`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union, get_args

from scenarios.spec.checks import check, refuse_unless
from scenarios.spec.schedules import Schedule

__all__ = ["Accumulation", "Adadelta", "Adagrad", "Adam", "AdamW", "Clip", "Nadam", "Optimizer", "RMSprop", "SGD",
           "WeightDecay"]


@dataclass(frozen=True)
class WeightDecay:
    """Weight decay, of kernels and biases."""

    factor: float | None = None
    """The factor in the formulas below. Only AdamW has a default for it; all other optimizers need a number."""
    decoupled: bool | None = None
    """True: w ← w − rate · factor · w, separately from the step. False: factor · w is added to g, an L2 penalty."""

    def __post_init__(self) -> None:
        check(self, factor="not negative")


@dataclass(frozen=True)
class Clip:
    """A gradient with a norm n above `norm` becomes g · norm / (n + offset), before any weight decay."""

    norm: float
    """The largest norm that is not clipped."""
    of: Literal["variable", "all"] | None = None
    """Whether n is the norm of each variable's gradient (a kernel or a bias), or the norm of all gradients together."""
    offset: float | None = None
    """Added to n, so that it is never 0."""

    def __post_init__(self) -> None:
        check(self, norm="positive", offset="not negative")


@dataclass(frozen=True)
class Accumulation:
    """Gradient accumulation: the weights are updated once in `steps` steps, with the mean gradient."""

    steps: int
    """The number of steps in a group."""
    unfinished: Literal["waits", "steps"] | None = None
    """What happens to an incomplete group at the end of an epoch. `waits`: the next epoch continues it. `steps`: the
    weights are updated with the sum of its gradients divided by `steps`, and a new group begins."""

    def __post_init__(self) -> None:
        check(self, steps="positive")
        refuse_unless(self.steps > 1, self, "steps", "2 or more")


Decay = Union[WeightDecay, Literal["none"]]
Clipping = Union[Clip, Literal["none"]]
Accumulating = Union[Accumulation, Literal["none"]]


@dataclass(frozen=True)
class SGD:
    """v ← momentum · v − rate · g; w ← w + v, or w + momentum · v − rate · g with nesterov."""

    learning_rate: float | Schedule | None = None
    momentum: float | None = None
    nesterov: bool | None = None
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, momentum="in [0, 1)")


@dataclass(frozen=True)
class RMSprop:
    """v ← rho · v + (1 − rho) · g²; u ← momentum · u + g / root(v); w ← w − rate · u; Hinton's lecture 6e.

    With a schedule, `in_momentum` says whether u contains the rate.
    """

    learning_rate: float | Schedule | None = None
    rho: float | None = None
    momentum: float | None = None
    epsilon: float | None = None
    epsilon_place: Literal["inside_root", "outside_root"] | None = None
    """root(v) is sqrt(v + epsilon) or sqrt(v) + epsilon."""
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, rho="in [0, 1)", momentum="in [0, 1)", epsilon="not negative")


@dataclass(frozen=True)
class Adagrad:
    """v ← v + g²; w ← w − rate · g / root(v); Duchi et al. 2011."""

    learning_rate: float | Schedule | None = None
    initial_accumulator_value: float | None = None
    """The initial value of v."""
    epsilon: float | None = None
    epsilon_place: Literal["inside_root", "outside_root"] | None = None
    """root(v) is sqrt(v + epsilon) or sqrt(v) + epsilon."""
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, initial_accumulator_value="not negative", epsilon="not negative")


@dataclass(frozen=True)
class Adadelta:
    """v ← rho · v + (1 − rho) · g²; s ← sqrt((d + epsilon) / (v + epsilon)) · g; d ← rho · d + (1 − rho) · s²;
    w ← w − rate · s; Zeiler 2012, algorithm 1."""

    learning_rate: float | Schedule | None = None
    rho: float | None = None
    epsilon: float | None = None
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, rho="in [0, 1)", epsilon="not negative")


@dataclass(frozen=True)
class Adam:
    """m ← beta_1 · m + (1 − beta_1) · g; v ← beta_2 · v + (1 − beta_2) · g²; w ← w − rate · m-hat / (sqrt(v-hat) +
    epsilon), where m-hat is m / (1 − beta_1^t) and v-hat is v / (1 − beta_2^t); Kingma and Ba 2015, algorithm 1."""

    learning_rate: float | Schedule | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    epsilon_place: Literal["before_correction", "after_correction"] | None = None
    """Whether epsilon is added to sqrt(v) (the paper's epsilon-hat, section 2) or to sqrt(v-hat) (algorithm 1)."""
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, beta_1="in [0, 1)", beta_2="in [0, 1)", epsilon="not negative")


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay; Loshchilov and Hutter 2019, algorithm 2."""

    weight_decay: WeightDecay = WeightDecay()


@dataclass(frozen=True)
class Nadam:
    """Adam with Nesterov momentum; Dozat 2016.

    w ← w − rate · (b(t+1) · m / (1 − B(t+1)) + (1 − b(t)) · g / (1 − B(t))) / (sqrt(v-hat) + epsilon), where m and
    v-hat are those of Adam, b(t) = beta_1 · (1 − .5 · .96^(t · momentum_decay)) is the momentum of step t, and B(t) is
    the product of b(1) to b(t).
    """

    learning_rate: float | Schedule | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    momentum_decay: float | None = None
    """How fast the momentum grows from beta_1 / 2 to beta_1; with 0 it stays at beta_1 / 2."""
    weight_decay: Decay = "none"
    clip: Clipping = "none"
    accumulation: Accumulating = "none"

    def __post_init__(self) -> None:
        _check_optimizer(self, beta_1="in [0, 1)", beta_2="in [0, 1)", epsilon="not negative",
                         momentum_decay="not negative")


Optimizer = Union[SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW, Nadam]


def _check_optimizer(optimizer: Optimizer, **ranges: str) -> None:
    check(optimizer, learning_rate="positive", **ranges)
    refuse_unless(optimizer.accumulation == "none" or not isinstance(optimizer.learning_rate, get_args(Schedule)),
                  optimizer, "learning_rate", "a number, or None, beside an accumulation")
    decay, adamw = optimizer.weight_decay, isinstance(optimizer, AdamW)
    if isinstance(decay, WeightDecay):
        refuse_unless(adamw or decay.factor is not None, decay, "factor", "a number, but for AdamW, which has one")
        refuse_unless(not adamw or decay.decoupled is not False, decay, "decoupled",
                      "True or None for AdamW; Adam has the other")
