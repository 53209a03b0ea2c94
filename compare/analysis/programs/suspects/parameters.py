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


ALONE = ("bias", "beta", "gamma")
"""Roles of parameters that a layer can do without."""


def alone(run: Run, other: Run, pairs: Pairs) -> list[str]:
    """Trained biases and scales that only one program has: of a layer whose other parameters are paired with those of a
    layer of the other program that has none left over. `pairs` go from this program to the other."""
    taken = set(pairs.values())
    free = {parameter.layer for name, parameter in other.parameters.items()
            if name not in taken and parameter.role.split("/")[-1] in ALONE}
    found = []
    for name, parameter in run.parameters.items():
        if name not in pairs and parameter.role.split("/")[-1] in ALONE and parameter.trainable:
            partner = partner_of(parameter.layer, run, other, pairs)
            if partner and partner not in free:
                found.append(name)
    return found


def partner_of(layer: str, run: Run, other: Run, pairs: Pairs) -> str:
    """The layer of the other program with the partner of a layer's first paired parameter; "" for none."""
    return next((other.parameters[pairs[name]].layer for name in run.layers[layer].parameters if name in pairs), "") \
        if layer in run.layers else ""


def place_of(name: str, run: Run) -> Place:
    """The line that makes the layer of a parameter."""
    layer = run.layers.get(run.parameters[name].layer)
    return layer.place if layer else run.place
