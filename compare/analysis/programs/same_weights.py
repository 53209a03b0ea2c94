"""Gives both programs of a check the same weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

import numpy as np

from compare.analysis.programs import stages
from compare.analysis.programs.description import Array, Run
from compare.analysis.programs.runs import Pair
from frameworks.runtime.constraints import violating

NUDGE = 0.05
"""The size of the random numbers that are added to parameters initialized to 0 or 1, because equal values hide
differences."""


def give_weights(pair: Pair, left: Run, pairs: Mapping[str, str]) -> None:
    """Gives both programs the left's initial weights, with what begins at equal values moved a little, and what has a
    constraint beyond it; the weights of files stay as they are."""
    weights = left.arrays("parameter")
    if not any(pair.question.trained):
        weights = {name: moved_a_little(name, value, i) if name in pairs or left.parameters[name].trainable else value
                   for i, (name, value) in enumerate(weights.items())}
        weights |= {name: violating(weights[name], constraint["name"], constraint["settings"])
                    for name, constraint in left.constraints.items() if name in pairs}
    pair.left = replace(pair.left, weights=pair.write("left", {f"parameter/{name}": value
                                                               for name, value in weights.items()}))
    if not pair.question.copied_by:
        pair.right = replace(pair.right, weights=pair.write("right", {
            f"parameter/{partner}": weights[name] for name, partner in pairs.items()}))


def without_rounding(pair: Pair, left: Run, right: Run, pairs: Mapping[str, str]) -> Run:
    """The right run with the left's weights in full where the user's copies are rounded, as to float32."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    where = stages.parameters(left, right, pairs).where
    rounded = {f"parameter/{partner}": ours[name] for name, partner in pairs.items()
               if name not in where and not np.array_equal(ours[name], theirs[partner])}
    if not rounded:
        return right
    pair.right = replace(pair.right, weights=pair.write("right", rounded))
    return pair.run("right")


def moved_a_little(name: str, value: Array, seed: int) -> Array:
    """A parameter; if all its values are the same, it gets small random differences, positive for a variance."""
    if value.size and np.ptp(value) == 0:
        noise = NUDGE * np.random.default_rng(seed).normal(size=value.shape)
        return value + (np.abs(noise) if "variance" in name else noise)
    return value
