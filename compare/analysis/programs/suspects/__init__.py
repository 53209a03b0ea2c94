"""Possible causes of a difference: known rules for layers, losses and optimizers, each with a change that can be tried.
"""

from __future__ import annotations

from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects import forward, gradient, loss, metric, training_mode, update
from compare.analysis.programs.suspects.suspect import Suspect


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """The suspects for a stage that differs, the most specific first."""
    if comparison.stage is Stage.PARAMETERS:
        return []
    if comparison.stage is Stage.FORWARD:
        return forward.suspects(comparison, left, right, pairs)
    if comparison.stage is Stage.FORWARD_TRAINING:
        return training_mode.suspects(comparison, left, right, pairs)
    if comparison.stage is Stage.LOSS:
        return loss.suspects(comparison, left, right, pairs)
    if comparison.stage is Stage.GRADIENT:
        return gradient.suspects(comparison, left, right, pairs)
    if comparison.stage is Stage.METRIC:
        return metric.suspects(comparison, left, right)
    return update.suspects(comparison, left, right, pairs)
