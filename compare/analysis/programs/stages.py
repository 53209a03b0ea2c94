"""Compares the stages of a training: the parameters, and the loss, gradients, updates and losses of its steps."""

from __future__ import annotations

from typing import Iterable

import numpy as np

from compare.analysis.programs import pairing
from compare.analysis.programs.agreement import TOLERANCE, relative_difference
from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Array, Run
from compare.analysis.programs.pairing import Pairs
from frameworks.runtime.program_arrays import outline

FLOOR, FLOOR_OF_FLOAT32 = 1e-6, 0.1
"""The part of the largest gradient below which another gradient counts as zero: that of a bias before a batch
normalization is nothing but rounding, about 1e-16 of the largest. Where an operation computes in float32, a sum that
cancels has up to 1e-6 of its largest terms left, a tenth of the tolerance."""


def parameters(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """Compares the parameters before training; rounding to float32 can move them by 1e-7."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    return Comparison(Stage.PARAMETERS, {name: relative_difference(ours[name], theirs[partner])
                                         for name, partner in pairs.items()}, tolerance=1e-6)


def loss(left: Run, right: Run) -> Comparison:
    """The loss of the first batch."""
    ours, theirs = left.trace.arrays.get("first_loss"), right.trace.arrays.get("first_loss")
    if ours is None or theirs is None:
        return Comparison(Stage.LOSS, {})
    return Comparison(Stage.LOSS, {"step 1": min(relative_difference(np.ravel(ours), factor * np.ravel(theirs))
                                                 for factor in accumulation_factors(left, right))},
                      pairing.tolerance(left, right))


def accumulation_factors(left: Run, right: Run) -> tuple[float, ...]:
    """By what a loss of PyTorch may be divided: the number of batches over which both programs accumulate gradients,
    since that is how their mean is written."""
    batches = left.optimizer.settings.get("gradient_accumulation_steps") if left.optimizer else None
    return (1.0, float(batches)) if batches and batches == right.accumulate else (1.0,)


def gradient(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """The gradient of every parameter that both train."""
    ours, theirs = left.arrays("gradient"), right.arrays("gradient")
    if not ours or not theirs:
        return Comparison(Stage.GRADIENT, {})
    floor = floor_of(left, right, (*ours.values(), *theirs.values()))
    factors, differences = accumulation_factors(left, right), {}
    for name, partner in pairs.items():
        if name in ours and partner in theirs:
            differences[name] = min(relative_difference(ours[name], factor * theirs[partner], floor)
                                    for factor in factors)
        elif (name in ours) != (partner in theirs):
            differences[name] = float("inf")
    return Comparison(Stage.GRADIENT, differences, pairing.tolerance(left, right))


def changes_of(run: Run, step: int) -> dict[str, Array]:
    """By parameter, its change from the beginning to the end of a step."""
    after, before = run.arrays(f"weight/{step}"), run.arrays("parameter")
    return {name: value - outline(before[name]) if before[name].shape != value.shape else value - before[name]
            for name, value in after.items()}


NOTHING, NOTHING_OF_FLOAT32 = 1e-12, 1e-6
"""The part of the largest gradient below which a gradient is nothing but rounding."""


def floor_of(left: Run, right: Run, values: Iterable[Array]) -> float:
    """The value below which others count as zero: a share of the largest of these values."""
    part = FLOOR if pairing.tolerance(left, right) == TOLERANCE else FLOOR_OF_FLOAT32
    return part * max(float(np.abs(value).max(initial=0.0)) for value in values)


def without_gradient(left: Run, right: Run, pairs: Pairs) -> set[str]:
    """The parameters with a gradient of nothing but rounding on both sides, such as the bias of attention's keys: an
    optimizer that divides by the size of a gradient moves them at random."""
    ours, theirs = left.arrays("gradient"), right.arrays("gradient")
    size = {name: max(float(np.abs(ours[name]).max(initial=0.0)), float(np.abs(theirs[partner]).max(initial=0.0)))
            for name, partner in pairs.items() if name in ours and partner in theirs}
    largest = max(size.values(), default=0.0)
    nothing = NOTHING if pairing.tolerance(left, right) == TOLERANCE else NOTHING_OF_FLOAT32
    return {name for name, value in size.items() if 0 < value < nothing * largest}


def moved_at_random(left: Run, right: Run, pairs: Pairs) -> list[str]:
    """Those of `without_gradient` that the first steps move differently, relative to the largest update."""
    names, moved = without_gradient(left, right, pairs), set()
    for step in (1, 2, 3):
        ours, theirs = changes_of(left, step), changes_of(right, step)
        if ours and theirs:
            largest = max(float(np.abs(value).max(initial=0.0)) for value in (*ours.values(), *theirs.values()))
            moved |= {name for name in names if relative_difference(ours[name], theirs[pairs[name]], largest) >
                      pairing.tolerance(left, right)}
    return sorted(moved)


def update(left: Run, right: Run, pairs: Pairs) -> Comparison:
    """Compares the change of every parameter in steps 1 to 3, including moving statistics."""
    differences: dict[str, float] = {}
    unmoved = without_gradient(left, right, pairs)
    for step in (1, 2, 3):
        ours, theirs = changes_of(left, step), changes_of(right, step)
        if not ours or not theirs:
            break
        floor = floor_of(left, right, (*ours.values(), *theirs.values()))
        for name, partner in pairs.items():
            if name in ours and partner in theirs and name not in unmoved:
                value = relative_difference(ours[name], theirs[partner], floor)
                differences[name] = max(differences.get(name, 0.0), value)
    return Comparison(Stage.UPDATE, differences, pairing.tolerance(left, right))


def training(left: Run, right: Run) -> Comparison:
    """The loss of every step."""
    ours, theirs = left.trace.arrays.get("loss"), right.trace.arrays.get("loss")
    if ours is None or theirs is None:
        return Comparison(Stage.TRAINING, {})
    steps = min(len(ours), len(theirs))
    factors = accumulation_factors(left, right)
    return Comparison(Stage.TRAINING, {f"step {i + 1}": min(
        relative_difference(ours[i:i + 1], factor * theirs[i:i + 1]) for factor in factors)
        for i in range(steps) if not (np.isnan(ours[i]) and np.isnan(theirs[i]))},
                      pairing.tolerance(left, right))
