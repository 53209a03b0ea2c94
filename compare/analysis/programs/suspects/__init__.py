"""What could make a stage differ: known rules for layers, losses and optimizers, each with a change to try."""

from __future__ import annotations

from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.stages import Comparison, Stage
from compare.analysis.programs.suspects import forward, gradient, loss, metric, training_mode, update
from compare.analysis.programs.suspects.suspect import Suspect


def suspects(found: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """The suspects for a stage that differs, the most specific first."""
    if found.stage is Stage.PARAMETERS:
        return []
    if found.stage is Stage.FORWARD:
        return forward.suspects(found, left, right)
    if found.stage is Stage.FORWARD_TRAINING:
        return training_mode.suspects(found, left, right)
    if found.stage is Stage.LOSS:
        return loss.suspects(found, left, right, pairs)
    if found.stage is Stage.GRADIENT:
        return gradient.suspects(found, left, right, pairs)
    if found.stage is Stage.METRIC:
        return metric.suspects(found, left, right)
    return update.suspects(found, left, right, pairs)
