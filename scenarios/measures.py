"""Ready measures, and behaviours made of them, that a scenario uses in a line.

`fit` and `evaluate` report different losses of the same images for two reasons: `fit` takes the mean over an epoch
while the weights move, and it trains (dropout drops, batch normalization takes the batch's statistics), where
`evaluate` uses the weights of the epoch's end, no dropout and the moving statistics. `fit_against_evaluate` measures
both, beside the gap:

    behaviours=(*fit_against_evaluate("reported"),)
"""

from __future__ import annotations

from math import nan
from typing import Callable, Sequence

from scenarios.scenario import Behaviour, Curves

LAST = 10
"""The last of this many parts of an epoch: there the weights are nearly those of its end."""
SPREADS = 3
"""A gap within so many standard errors of the last steps' mean loss is not measured."""


def evaluated_gap(trace: Curves) -> float:
    """The loss that `fit` reports of the last epoch minus that of `evaluate` on the same images at its end."""
    return float(trace["reported/train/loss"][-1]) - float(trace["evaluated/train/loss"][-1])


def moving_part(trace: Curves) -> float:
    """What of that gap comes from the weights, which move while `fit` takes its mean: epoch against its last steps."""
    return _mean(_last_epoch(trace)) - _mean(_last_steps(trace))


def training_part(trace: Curves) -> float:
    """What of it comes from training itself: dropout, and the batch's statistics instead of moving ones."""
    return _mean(_last_steps(trace)) - float(trace["evaluated/train/loss"][-1])


def fit_against_evaluate(variant: str, low: float = 0.05) -> tuple[Behaviour, ...]:
    """Three behaviours of a variant: whether the losses differ by more than `low` of `fit`'s, and the two reasons.

    A reason holds where it makes at least half of the gap; it cannot be asked where the last steps scatter too much.
    """
    reasons = (("weights_move", "`fit` takes the mean over the epoch while the weights move", moving_part),
               ("training_mode", "dropout and the batch's own statistics act in `fit` and not in `evaluate`",
                training_part))
    gap = Behaviour("fit_differs_from_evaluate", "`fit` and `evaluate` report different losses of the same images",
                    (variant,), _relative_gap, low=low, unit="{:.1%} of the loss that fit reports",
                    quantity="gap between the losses of fit and evaluate")
    return gap, *(Behaviour(name, title, (variant,), _share(part), low=0.5, margin=0.05, unit="{:.0%} of the gap",
                            role="reason", nan_title="is lost in the scatter of single steps")
                  for name, title, part in reasons)


def _relative_gap(trace: Curves) -> float:
    return abs(evaluated_gap(trace)) / abs(float(trace["reported/train/loss"][-1]))


def _share(part: Callable[[Curves], float]) -> Callable[[Curves], float]:
    """A measure: which part of the gap one of its reasons makes; nan where the gap is lost in the scatter of steps."""
    def measured(trace: Curves) -> float:
        gap = evaluated_gap(trace)
        return part(trace) / gap if abs(gap) > SPREADS * _error(_last_steps(trace)) else nan
    return measured


def _last_epoch(trace: Curves) -> Sequence[float]:
    losses = trace["step/loss"]
    return losses[-(len(losses) // len(trace["reported/train/loss"])):]


def _last_steps(trace: Curves) -> Sequence[float]:
    losses = _last_epoch(trace)
    return losses[-max(2, len(losses) // LAST):]


def _mean(losses: Sequence[float]) -> float:
    return sum(map(float, losses)) / len(losses)


def _error(losses: Sequence[float]) -> float:
    mean, n = _mean(losses), len(losses)
    return (sum((float(loss) - mean) ** 2 for loss in losses) / (n - 1) / n) ** 0.5
