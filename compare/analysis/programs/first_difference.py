"""Goes through the stages up to the first that differs."""

from __future__ import annotations

from compare.analysis.programs import metrics, stages
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.stages import Comparison


def compared(left: Run, right: Run, pairs: Pairs, noise: float = 0.0) -> list[Comparison]:
    """The stages up to the first that differs."""
    found: list[Comparison] = []
    for stage in (lambda: stages.parameters(left, right, pairs), lambda: stages.forward(left, right, pairs),
                  lambda: stages.forward_training(left, right, found[-1].paired or {}),
                  lambda: stages.loss(left, right), lambda: stages.gradient(left, right, pairs),
                  lambda: stages.update(left, right, pairs), lambda: stages.training(left, right, noise),
                  lambda: stages.evaluation(left, right, noise), lambda: metrics.metric(left, right)):
        found.append(stage())
        if found[-1].differs:
            break
    return found
