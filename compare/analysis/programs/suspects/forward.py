"""Suspects where the outputs differ: the most specific first, then operations in other places."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Sequence

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Operation, Run, is_port
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.suspects.activations import activated
from compare.analysis.programs.suspects.constants import other_arrays, other_factors, other_numbers, other_signs
from compare.analysis.programs.suspects.difference import Difference, difference
from compare.analysis.programs.suspects.halves import two_by_two
from compare.analysis.programs.suspects.layer_settings import averaged_at_the_border, pooled_otherwise, set_differently
from compare.analysis.programs.suspects.layout import along_another_axis, concatenated, moved, over_other_axes, reshaped
from compare.analysis.programs.suspects.masks import filled_with_zeros, masked
from compare.analysis.programs.suspects.normalization import (
    always_in_training_mode,
    beside_the_root,
    normalized,
    unbiased,
)
from compare.analysis.programs.suspects.padding import padded
from compare.analysis.programs.suspects.rearranged import (
    channels_in_another_order,
    cropped_otherwise,
    merged_in_another_order,
    padded_in_another_mode,
    repeated,
    split_in_another_order,
    taken_from_elsewhere,
)
from compare.analysis.programs.suspects.same_framework import of_one_framework
from compare.analysis.programs.suspects.scales import scaled
from compare.analysis.programs.suspects.sequences import (
    attention,
    bag_of_words,
    directions,
    last_of_both,
    other_rows,
    reset,
    step_before,
)
from compare.analysis.programs.suspects.structure import (
    added_in_another_order,
    not_called,
    other_operands,
    parts_exchanged,
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
        inside = at.region if at else []
        return [*of_one_framework(comparison.left, comparison.right, left, right, inside),
                *(additional(right, inside, "the left program") if right.is_torch else ())]
    proposed = list(along_another_axis([at.operation]))  # before its input is moved, which has the same effect here
    for propose in (filled_with_zeros, masked, reset, last_of_both, bag_of_words, other_rows, reshaped, padded,
                    always_in_training_mode, normalized, set_differently, pooled_otherwise,
                    averaged_at_the_border, activated, reduced, concatenated, moved, not_called, split_otherwise,
                    transposed, parts_exchanged,
                    added_in_another_order, other_operands, taken_before_activation, cropped_otherwise,
                    padded_in_another_mode, merged_in_another_order, channels_in_another_order, repeated, two_by_two):
        proposed += propose(at)
    inside = at.region
    partner = at_partner(at, inside)
    if partner:
        proposed += [*padded(partner), *normalized(partner), *set_differently(partner)]
    for each in inside[1:]:
        proposed += reduced(replace(at, operation=each)) if each.kind in REDUCTIONS else ()
    return [*proposed, *along_another_axis(inside[1:]), *over_other_axes(inside), *split_in_another_order(inside),
            *scaled(at, inside), *tied(right, pairs, {each.layer for each in inside}),
            *other_arrays(inside, left, right), *other_numbers(inside, numbers_at(at), "Keras's layer", whole=False),
            *other_factors(inside, numbers_at(at), right),
            *directions(at, inside), *step_before(at), *other_signs(inside), *attention(at, inside), *unbiased(inside),
            *beside_the_root(inside), *additional(at.right, inside),
            *taken_from_elsewhere(at, inside)]


def numbers_at(at: Difference) -> list[float]:
    """The numbers of Keras's layer at the difference, and of the layers before it, since the operations inside of a
    layer of the user's own are not seen."""
    if at.expected is None:
        return []
    number = at.left.operations.index(at.expected)
    before = [at.left.operation(key) for key in at.expected.sources] or at.left.operations[max(number - 1, 0):number]
    layers = [at.left.layers.get(operation.layer) for operation in (at.expected, *before)]
    return sorted({number for layer in layers if layer for number in layer.numbers})


def at_partner(at: Difference, inside: Sequence[Operation]) -> Difference | None:
    """The same difference at the operation of the layer that has the parameters of Keras's; None if it is there."""
    names = at.keras_layer.parameters if at.keras_layer else ()
    layers = {at.right.parameters[at.parameters[name]].layer for name in names if name in at.parameters}
    operation = next((each for each in inside[1:] if each.layer in layers), None)
    return replace(at, operation=operation, layer=at.right.layers.get(operation.layer)) \
        if operation and at.operation.layer not in layers else None


def reduced(at: Difference) -> Iterator[Suspect]:
    """A mean or maximum over different axes, or a different step of a sequence."""
    operation, keras = at.operation, at.keras_layer
    if keras is not None and keras.kind.startswith("Global") and (operation.kind in REDUCTIONS or
                                                                  operation.kind == "__getitem__"):
        name = "mean" if "Average" in keras.kind else "amax"
        axes = len(operation.shapes[0]) - 2 if operation.shapes else 1
        choices = [list(range(2, 2 + axes))] + ([[1]] if axes == 1 else [])
        for dims in choices:
            yield Suspect(({"kind": "instead", "operation": operation.key, "function": name,
                            "settings": {"axes": dims}},),
                          f"Keras's `{keras.kind}` takes the {'mean' if name == 'mean' else 'maximum'} over "
                          f"{'time' if axes == 1 else 'height and width'}.",
                          f"x = x.{name}({tuple(dims) if len(dims) > 1 else dims[0]})", operation.place)
    if operation.kind == "__getitem__" and keras is not None and keras.settings.get("return_sequences") is False:
        yield Suspect(({"kind": "instead", "operation": operation.key, "function": "last_step"},),
                      f"Keras's `{keras.kind}` returns its last step.", "x[:, -1]", operation.place)


MOST_ADDITIONAL = 8
"""The largest number of operations that are skipped, one at a time."""


def additional(right: Run, inside: Sequence[Operation], other: str = "Keras") -> list[Suspect]:
    """Right operations that the left program does not have: one of those at the difference is skipped."""
    owners = {parameter.layer for parameter in right.parameters.values()}
    same = [operation for i, operation in enumerate(inside)
            if operation.shapes and list(operation.shape) == list(operation.shapes[0])
            and (not i or operation.layer not in owners)]
    several = [[operation for operation in same if operation.kind == kind and not operation.layer]
               for kind in dict.fromkeys(operation.kind for operation in same)]
    proposed = []
    for alike in [*([operation] for operation in same[:MOST_ADDITIONAL]), *(each for each in several if each[1:])]:
        first = alike[0]
        name = f"`{first.code}` (`{first.kind}`)" if first.layer else f"`{first.kind}`"
        lines = f" (lines {', '.join(str(each.place.line) for each in alike)})" if alike[1:] else ""
        proposed.append(Suspect(tuple({"kind": "skip", "operation": each.key} for each in alike),
                                f"{'Your PyTorch' if other == 'Keras' else 'The right'} program applies {name} "
                                f"here{lines}; {other} applies nothing.",
                                f"leave out `{first.code}`{lines}", first.place))
    return proposed
