"""Suspects where the outputs differ: the most specific first, then operations in other places."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Operation, Run, is_port
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.activations import activated
from compare.analysis.programs.suspects.difference import Difference, difference
from compare.analysis.programs.suspects.layer_settings import set_differently
from compare.analysis.programs.suspects.layout import along_another_axis, concatenated, moved, reshaped
from compare.analysis.programs.suspects.normalization import always_in_training_mode, normalized, unbiased
from compare.analysis.programs.suspects.padding import padded
from compare.analysis.programs.suspects.same_framework import of_one_framework
from compare.analysis.programs.suspects.sequences import attention, last_of_both, masked, reset
from compare.analysis.programs.suspects.structure import (
    added_in_another_order,
    not_called,
    parts_exchanged,
    scaled,
    split_otherwise,
    taken_before_activation,
    tied,
    transposed,
)
from compare.analysis.programs.suspects.suspect import Suspect

REDUCTIONS = ("mean", "amax", "max", "sum", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d",
              "avg_pool1d", "avg_pool2d", "boolean_dispatch", "std", "median", "amin")


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Every suspect for the place where the outputs begin to differ, the most specific first."""
    at = difference(comparison, left, right, pairs)
    if at is None or not is_port(left, right):
        return list(of_one_framework(comparison.left, comparison.right, left, right))
    proposed: list[Suspect] = []
    for propose in (masked, reset, last_of_both, reshaped, padded, always_in_training_mode, normalized, set_differently,
                    activated, reduced, along_another_axis, concatenated, moved, not_called, split_otherwise,
                    transposed, parts_exchanged, added_in_another_order, taken_before_activation):
        proposed += propose(at)
    inside = region(at)
    return [*proposed, *scaled(at, inside), *tied(right, pairs, {each.layer for each in inside}),
            *attention(at, inside), *unbiased(inside), *additional(at)]


def region(at: Difference) -> list[Operation]:
    """The right operations at a difference that is written as several: up to the next one that is paired."""
    paired, inside = set(at.paired.values()), [at.operation]
    for operation in at.right.operations[at.right.operations.index(at.operation) + 1:]:
        if operation.key in paired or len(inside) > 40:
            break
        inside.append(operation)
    return inside


def reduced(at: Difference) -> Iterator[Suspect]:
    """A mean or maximum over other axes, or another step of a sequence."""
    operation, keras = at.operation, at.keras_layer
    if keras is not None and keras.kind.startswith("Global") and (operation.kind in REDUCTIONS or
                                                                  operation.kind == "__getitem__"):
        name = "mean" if "Average" in keras.kind else "amax"
        axes = len(operation.shapes[0]) - 2 if operation.shapes else 1
        choices = [list(range(2, 2 + axes))] + ([[1]] if axes == 1 else [])
        for dims in choices:
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": name,
                            "settings": {"axes": dims}},),
                          f"Keras's {keras.kind} takes the {'mean' if name == 'mean' else 'maximum'} over "
                          f"{'time' if axes == 1 else 'height and width'}.",
                          f"x = x.{name}({tuple(dims) if len(dims) > 1 else dims[0]})", operation.place)
    if operation.kind == "__getitem__" and keras is not None and keras.settings.get("return_sequences") is False:
        yield Suspect(({"kind": "instead", "operation": operation.key, "function": "last_step"},),
                      f"Keras's {keras.kind} returns its last step.", "x[:, -1]", operation.place)


def additional(at: Difference) -> list[Suspect]:
    """Operations on the right that the left does not have: the one at the difference is passed over."""
    operation = at.operation
    if not operation.shapes or list(operation.shape) != list(operation.shapes[0]):
        return []
    name = operation.kind if not operation.layer else f"{operation.layer} ({operation.kind})"
    return [Suspect(({"kind": "skip", "operation": operation.key},),
                    f"Your PyTorch program applies {name} here; Keras applies nothing.", f"leave out {name}",
                    operation.place)]
