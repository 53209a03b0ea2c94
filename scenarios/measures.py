"""Ready-made measures and behaviours for scenarios.

`fit` and `evaluate` report different losses and accuracies for the same images, for two reasons. `fit` averages over an
epoch while the weights change; `evaluate` uses the weights of the epoch's end. And `fit` runs in training mode, with
dropout and the batch statistics of batch normalization; `evaluate` runs without dropout and with the moving statistics.
Regularizers are no reason: a framework that adds them to the loss of `fit` adds them to that of `evaluate` too.
`fit_against_evaluate` measures the differences, and the share of each reason in that of the losses:

    behaviours=(*fit_against_evaluate("reported"),)
"""

from __future__ import annotations

from math import nan
from typing import Callable, Sequence

from scenarios.scenario import Behaviour, Curves

UNIT = "{:.1%} of the loss that fit reports"
HALF, MARGIN = 0.5, 0.05
"""A reason holds if it makes at least the share HALF of the difference; within MARGIN of it, that is not decided."""
LAST = 10
"""The last steps of an epoch are its last tenth, in which the weights are almost those of its end."""
SPREADS = 3
"""The difference is analysed if it is larger than this many standard errors of the mean loss of the last steps."""


def evaluated_difference(trace: Curves) -> float:
    """The loss that `fit` reports for the last epoch minus the loss of `evaluate` on the same images after it."""
    return float(trace["reported/train/loss"][-1]) - float(trace["evaluated/train/loss"][-1])


def evaluated_accuracy_difference(trace: Curves) -> float:
    """The accuracy of `evaluate` on the training images after the last epoch minus that which `fit` reports for it."""
    return float(trace["evaluated/train/accuracy"][-1]) - float(trace["reported/train/accuracy"][-1])


def moving_part(trace: Curves) -> float:
    """The part due to averaging while the weights change: the mean loss of the epoch minus that of its last steps."""
    return _mean(_last_epoch(trace)) - _mean(_last_steps(trace))


def training_part(trace: Curves) -> float:
    """The part due to training mode: dropout, and batch statistics instead of moving statistics."""
    return _mean(_last_steps(trace)) - float(trace["evaluated/train/loss"][-1])


def fit_against_evaluate(variant: str, low: float = 0.05) -> tuple[Behaviour, ...]:
    """Four behaviours of a variant: the losses of `fit` and `evaluate` differ, the two reasons, and the accuracies.

    The first holds if the losses differ by at least `low` times the loss of `fit`. The parts of the reasons are in the
    same unit, so that their sum is the difference; one is negative if they act against each other. A reason holds if it
    makes at least half of the difference; it has no value if that is too close to call, or if the losses of the last
    steps scatter too much. The last holds if the accuracies differ by at least `low`; the reasons are the same.
    """
    reasons = (("weights_move", "`fit` averages the loss over the epoch while the weights change", moving_part),
               ("training_mode", "dropout and batch statistics are active in `fit`, but not in `evaluate`",
                training_part))
    differs = Behaviour("fit_differs_from_evaluate", "`fit` and `evaluate` report different losses of the same images",
                        (variant,), _relative_difference, low=low, unit=UNIT,
                        quantity="difference between the losses of fit and evaluate")
    accuracies = Behaviour("fit_accuracy_differs_from_evaluate",
                           "`fit` and `evaluate` report different accuracies of the same images", (variant,),
                           lambda trace: abs(evaluated_accuracy_difference(trace)), low=low, unit="{:.1%}",
                           quantity="difference between the accuracies of fit and evaluate")
    return differs, *(Behaviour(name, title, (variant,), _part_of_loss(part), condition=_makes_half(part),
                                condition_title="it makes at least half of the difference", unit=UNIT, role="reason",
                                nan_title="the losses of single steps vary too much, or both reasons make about half")
                      for name, title, part in reasons), accuracies


def _relative_difference(trace: Curves) -> float:
    return abs(evaluated_difference(trace)) / abs(float(trace["reported/train/loss"][-1]))


def _part_of_loss(part: Callable[[Curves], float]) -> Callable[[Curves], float]:
    """Returns a measure: one part of the difference, relative to the loss of `fit`; nan where it is not decided."""
    def measure(trace: Curves) -> float:
        share = _share(part, trace)
        return share * _relative_difference(trace) if abs(share - HALF) > MARGIN else nan
    return measure


def _makes_half(part: Callable[[Curves], float]) -> Callable[[Curves], bool]:
    return lambda trace: not _share(part, trace) < HALF - MARGIN


def _share(part: Callable[[Curves], float], trace: Curves) -> float:
    """The share of a part in the difference; nan if the losses of the last steps scatter too much."""
    difference = evaluated_difference(trace)
    return part(trace) / difference if abs(difference) > SPREADS * _standard_error(_last_steps(trace)) else nan


def _last_epoch(trace: Curves) -> Sequence[float]:
    losses = trace["step/loss"]
    return losses[-(len(losses) // len(trace["reported/train/loss"])):]


def _last_steps(trace: Curves) -> Sequence[float]:
    losses = _last_epoch(trace)
    return losses[-max(2, len(losses) // LAST):]


def _mean(losses: Sequence[float]) -> float:
    return sum(map(float, losses)) / len(losses)


def _standard_error(losses: Sequence[float]) -> float:
    mean, n = _mean(losses), len(losses)
    return (sum((float(loss) - mean) ** 2 for loss in losses) / (n - 1) / n) ** 0.5
