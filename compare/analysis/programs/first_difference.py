"""Goes through the stages up to the first that differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

from compare.analysis.programs import metrics, stages
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.stages import Comparison, Stage

Noise = Mapping[Stage, float]
"""By stage, what rounding makes of it: 100 times that is no difference."""
NOISY = (Stage.FORWARD_TRAINING, Stage.LOSS, Stage.GRADIENT, Stage.UPDATE, Stage.TRAINING, Stage.EVALUATION)
"""The stages in which rounding can grow: a batch normalization of few values divides by their small variance, and every
step of a training adds to it."""


def noise(run: Run, nudged: Run) -> dict[Stage, float]:
    """How far a run is from itself with nudged weights, by stage."""
    same = {name: name for name in (*run.parameters, *(operation.key for operation in run.operations))}
    comparisons = [stages.forward_training(run, nudged, same), stages.loss(run, nudged),
                   stages.gradient(run, nudged, same), stages.update(run, nudged, same), stages.training(run, nudged)]
    sizes = {comparison.stage: comparison.size for comparison in comparisons}
    return {**sizes, Stage.EVALUATION: sizes[Stage.TRAINING]}


def compared(left: Run, right: Run, pairs: Pairs, noise: Noise | None = None) -> list[Comparison]:
    """The stages up to the first that differs."""
    noise = noise or {}
    comparisons: list[Comparison] = []
    for stage in (lambda: stages.parameters(left, right, pairs), lambda: stages.forward(left, right, pairs),
                  lambda: stages.forward_training(left, right, comparisons[-1].paired or {},
                                                  noise.get(Stage.FORWARD_TRAINING, 0.0)),
                  lambda: stages.loss(left, right), lambda: stages.gradient(left, right, pairs),
                  lambda: stages.update(left, right, pairs), lambda: stages.training(left, right),
                  lambda: stages.evaluation(left, right, noise.get(Stage.EVALUATION, 0.0)),
                  lambda: metrics.metric(left, right)):
        comparison = stage()
        limit = 100 * noise.get(comparison.stage, 0.0)
        comparisons.append(replace(comparison, tolerance=max(comparison.tolerance, limit)))
        if comparisons[-1].differs:
            break
    return comparisons
