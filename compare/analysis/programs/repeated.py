"""Runs a program again: is it random by itself, and how far does rounding to float32 move its losses?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from compare.analysis.programs import stages
from compare.analysis.programs.agreement import relative_difference
from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.runs import Pair
from compare.execution.programs import Setup
from frameworks.runtime.program_arrays import read_arrays

BITS = 1e-12
"""The relative difference above which two runs in float64 differ."""


@dataclass(frozen=True)
class Random:
    """A program with results that depend on the seed, although its weights and data do not."""

    side: str
    operation: Operation | None
    """The first operation that differs; None if only the training does."""
    training: bool
    """Whether it differs in training mode only."""


def random_parts(pair: Pair) -> tuple[Random, ...]:
    """The parts of the two programs that are random by themselves, with dropout disabled and seeds set."""
    once = pair.both(until=1, whole=True)
    setups = []
    for setup, run in zip((pair.left, pair.right), once):
        weights = {f"parameter/{name}": value for name, value in run.arrays("parameter").items()}
        setups.append(replace(setup, weights=pair.write("again", weights)))
    again = pair.both(until=1, seed=pair.question.seed + 1, setups=(setups[0], setups[1]))
    results = map(where_random, ("left", "right"), once, again)
    return tuple(random for random in results if random)


def drawn_alike(left: Run, right: Run) -> tuple[str, ...]:
    """A sentence if a program draws random numbers, which are the same in both here."""
    who = "Both programs draw" if left.draws and right.draws else "The left program draws" if left.draws else \
        "The right program draws"
    return (f"{who} random numbers. Here every draw was replaced by the same numbers for both, one for each sample and "
            "feature, so that what is computed of them is compared.",) if left.draws or right.draws else ()


def where_random(side: str, run: Run, again: Run) -> Random | None:
    """The first difference between two runs of the same program; None if there is none."""
    for mode in ("forward", "training"):
        first, second = run.arrays(mode), again.arrays(mode)
        for operation in run.training_operations if mode == "training" and run.training_operations else run.operations:
            key = operation.key
            if key in first and key in second and relative_difference(first[key], second[key]) > BITS:
                return Random(side, operation, mode == "training")
    ours, theirs = (each.trace.arrays.get("loss") for each in (run, again))
    if ours is not None and theirs is not None and relative_difference(ours[:1], theirs[:1]) > BITS:
        return Random(side, None, True)
    return None


def float32_noise(pair: Pair, runs: tuple[Run, Run]) -> float:
    """By how much of itself a loss of either program changes in float32 if every weight that it was given is nudged by
    one unit in the last place."""
    moved = pair.both("float32", setups=(nudged(pair, pair.left, "float32"), nudged(pair, pair.right, "float32")))
    return max(stages.training(run, again).size for run, again in zip(runs, moved))


def nudged(pair: Pair, setup: Setup, dtype: str) -> Setup:
    """A setup in which every weight is moved by one unit in its last place."""
    weights = {f"parameter/{name}": np.nextafter(value.astype(dtype), np.array(np.inf, dtype))
               for name, value in read_arrays(setup.weights, "parameter").items()}
    return replace(setup, weights=pair.write("nudged", weights)) if weights else setup
