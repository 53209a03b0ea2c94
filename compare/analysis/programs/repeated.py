"""What a program does when it runs again: whether it is random by itself, and what rounding of float32 makes of it."""

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
"""The relative difference above which two runs in float64 are not the same."""


@dataclass(frozen=True)
class Random:
    """A program that computes something else when it runs again with another seed, with the same weights and data."""

    side: str
    operation: Operation | None
    """The first operation that differs; None where only the training does."""
    training: bool
    """Whether that shows in training mode alone."""


def random_parts(pair: Pair) -> tuple[Random, ...]:
    """Which of the two programs are random by themselves; dropout is switched off, and seeds are set."""
    once = pair.both(until=1, whole=True)
    setups = []
    for setup, run in zip((pair.left, pair.right), once):
        weights = {f"parameter/{name}": value for name, value in run.arrays("parameter").items()}
        setups.append(replace(setup, weights=pair.write("again", weights)))
    again = pair.both(until=1, seed=pair.question.seed + 1, setups=(setups[0], setups[1]))
    results = map(where_random, ("left", "right"), once, again)
    return tuple(random for random in results if random)


def drawn_alike(left: Run, right: Run) -> tuple[str, ...]:
    """A sentence if a program draws random numbers."""
    who = "Both programs draw" if left.draws and right.draws else "The left program draws" if left.draws else \
        "The right program draws"
    return (f"{who} random numbers. Here every draw was replaced by the same numbers for both, one for each sample and "
            "feature, so that what is computed of them is compared.",) if left.draws or right.draws else ()


def where_random(side: str, run: Run, again: Run) -> Random | None:
    """Where two runs of one program differ first; None if they are the same."""
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
    """A setup with every weight one unit in the last place of a dtype further."""
    weights = {f"parameter/{name}": np.nextafter(value.astype(dtype), np.array(np.inf, dtype))
               for name, value in read_arrays(setup.weights, "parameter").items()}
    return replace(setup, weights=pair.write("nudged", weights)) if weights else setup
