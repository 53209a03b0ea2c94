"""Compares the stages up to the first one that differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping

from compare.analysis.programs import forward_pass, metrics, outputs, stages
from compare.analysis.programs.comparison import NOISE_FACTOR, Comparison, Stage
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs

Noise = Mapping[Stage, float]
"""By stage, the effect of rounding."""
NOISY = (Stage.FORWARD_TRAINING, Stage.LOSS, Stage.GRADIENT, Stage.UPDATE, Stage.TRAINING, Stage.EVALUATION)
"""The stages in which rounding errors can grow: a batch normalization of few values divides by their small variance,
and every training step adds errors."""


def noise(run: Run, nudged: Run) -> dict[Stage, float]:
    """By stage, the difference between a run and the same run with nudged weights."""
    same = {name: name for name in (*run.parameters, *(operation.key for operation in run.operations))}
    comparisons = [forward_pass.forward_training(run, nudged, same), stages.loss(run, nudged),
                   stages.gradient(run, nudged, same), stages.update(run, nudged, same), stages.training(run, nudged)]
    sizes = {comparison.stage: comparison.size for comparison in comparisons}
    return {**sizes, Stage.EVALUATION: sizes[Stage.TRAINING]}


def compared(left: Run, right: Run, pairs: Pairs, noise: Noise | None = None) -> list[Comparison]:
    """Compares the stages up to the first one that differs."""
    noise = noise or {}
    comparisons: list[Comparison] = []
    for comparison in in_order(left, right, pairs, noise):
        limit = max(comparison.tolerance, NOISE_FACTOR * noise.get(comparison.stage, 0.0))
        comparisons.append(replace(comparison, tolerance=limit))
        if comparisons[-1].differs:
            break
    return comparisons


def in_order(left: Run, right: Run, pairs: Pairs, noise: Noise) -> Iterator[Comparison]:
    """Yields the comparison of every stage, computed on demand."""
    yield stages.parameters(left, right, pairs)
    forward = forward_pass.forward(left, right, pairs)
    yield forward
    yield forward_pass.forward_training(left, right, forward.paired or {}, noise.get(Stage.FORWARD_TRAINING, 0.0))
    yield replace(stages.loss(left, right), paired=forward.paired)
    yield stages.gradient(left, right, pairs)
    yield stages.update(left, right, pairs)
    yield stages.training(left, right)
    yield outputs.evaluation(left, right, noise.get(Stage.EVALUATION, 0.0))
    yield metrics.metric(left, right)
