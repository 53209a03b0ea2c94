"""What is wrong with weights that the user's own code has copied, and parameters that only one side has."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from compare.analysis.programs.description import Array, Place, Run
from compare.analysis.programs.pairing import TOLERANCE, Pairs, relative_difference
from compare.analysis.programs.stages import Comparison

NEAR = 10 * TOLERANCE
"""Weights that were copied through float32 agree to 1e-7."""


def copied_wrongly(found: Comparison, left: Run, right: Run, pairs: Pairs) -> list[str]:
    """One sentence per parameter that the user's own code gave another value: which value it has instead."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    return [f"`{pairs[one]}` {has_instead(one, ours, theirs[pairs[one]])}" for one in found.where]


def has_instead(name: str, ours: dict[str, Array], value: Array) -> str:
    """What a parameter's value is in terms of Keras's weights, as far as it can be told."""
    wanted = ours[name]
    for other, candidate in ours.items():
        if other != name and candidate.shape == value.shape and relative_difference(candidate, value) < NEAR:
            return f"has the values of `{other}` instead of `{name}`."
    if sorted(wanted.shape) == sorted(value.shape):
        for order in permutations(range(wanted.ndim)):
            moved = wanted.transpose(order)
            if order != tuple(range(wanted.ndim)) and moved.shape == value.shape and \
                    relative_difference(moved, value) < NEAR:
                return f"is `{name}` with its axes in another order (permute{order})."
    for gates in (4, 3, 2):
        if wanted.shape and wanted.shape[-1] % gates == 0:
            parts = np.split(wanted, gates, -1)
            for order in permutations(range(gates)):
                moved = np.concatenate([parts[i] for i in order], -1)
                if order != tuple(range(gates)) and relative_difference(moved, value) < NEAR:
                    return f"is `{name}` with its {gates} gates in the order {order}."
    if wanted.size == value.size and np.allclose(np.sort(wanted.ravel()), np.sort(value.ravel()), rtol=1e-6, atol=1e-9):
        return f"has the values of `{name}` in another order; a reshape in place of a transpose does this."
    return f"has other values than `{name}`."


def not_in_keras(left: Run, right: Run, pairs: Pairs) -> list[str]:
    """Trained biases that only the right program has: of a layer whose other parameters are paired with those of a left
    layer that has no bias left over."""
    back = {other: one for one, other in pairs.items()}
    alone = {parameter.layer for name, parameter in left.parameters.items()
             if name not in pairs and parameter.role.endswith(("bias", "beta"))}
    found = []
    for name, parameter in right.parameters.items():
        if name in back or parameter.role not in ("bias", "beta") or not parameter.trainable:
            continue
        against = {left.parameters[back[other]].layer for other in right.layers[parameter.layer].parameters
                   if other in back} if parameter.layer in right.layers else set()
        if against and not against & alone:
            found.append(name)
    return found


def place_of(name: str, run: Run) -> Place:
    """The line that makes the layer of a parameter."""
    layer = run.layers.get(run.parameters[name].layer)
    return layer.place if layer else run.place
