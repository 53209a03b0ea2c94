"""Runs each layer on the other program's input: is a difference made in the layer, or inherited from earlier layers?"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

import numpy as np

from compare.analysis.programs.agreement import agreement, layouts, relative_difference
from compare.analysis.programs.description import Array, Operation, Run
from compare.analysis.programs.pairing import Pairs, paired_layers
from compare.analysis.programs.runs import Pair

NOT_ALONE = ("MultiHeadAttention", "MultiheadAttention", "Bidirectional")
"""Layers that consist of several operations, or have more than one input."""


def differences(pair: Pair, left: Run, right: Run, pairs: Pairs) -> dict[str, float]:
    """By left operation, the difference of the paired layers' outputs for the left layer's input.

    Covers every pair of layers with parameters and a single input, in one run of the right program.
    """
    if not right.is_torch:
        return {}
    given, partners = {}, {}
    for ours, theirs in paired_operations(left, right, pairs):
        value = input_of(ours, left, theirs, right)
        if value is not None:
            given[f"forward/{theirs.key}"], partners[ours.key] = value, theirs.key
    if not given:
        return {}
    changes = tuple({"kind": "given", "operation": key} for key in partners.values())
    run = pair.run("right", until=0, changes=changes,
                   setup=replace(pair.right, replaced=pair.write("alone", given)))
    expected, outputs = left.arrays("forward"), run.arrays("forward")
    return {key: agreement(expected[key], outputs[partner]) for key, partner in partners.items() if partner in outputs}


def paired_operations(left: Run, right: Run, pairs: Pairs) -> list[tuple[Operation, Operation]]:
    """The operations of every pair of layers: the left one before its activation, and the first one on the right."""
    first_left, first_right = first_operations(left), first_operations(right)
    return [(first_left[name], first_right[partner]) for name, partner in paired_layers(left, right, pairs).items()
            if name in first_left and partner in first_right and left.layers[name].kind not in NOT_ALONE
            and right.layers[partner].kind not in NOT_ALONE]


def first_operations(run: Run) -> Mapping[str, Operation]:
    """The first operation of every layer that is called once."""
    first: dict[str, Operation] = {}
    for operation in reversed(run.operations):
        if operation.layer in run.layers:
            first[operation.layer] = operation
    return first


def input_of(ours: Operation, left: Run, theirs: Operation, right: Run) -> Array | None:
    """The only input of the left operation, in the layout of the right operation's input; None if there is none."""
    left_values, right_values = left.arrays("forward"), right.arrays("forward")
    given = left.arrays("given")
    if len(ours.sources) == 1:
        value = left_values[ours.sources[0]]
    elif not ours.sources and len(given) == 1:
        value = given["0"]
    else:
        return None
    fitting = [np.ascontiguousarray(layout) for layout in layouts(value)
               if theirs.shapes and list(layout.shape) == list(theirs.shapes[0])]
    actual = right_values.get(theirs.sources[0]) if theirs.sources else None
    if len(fitting) > 1 and actual is not None:
        return min(fitting, key=lambda layout: relative_difference(layout, actual))
    return fitting[0] if fitting else None
