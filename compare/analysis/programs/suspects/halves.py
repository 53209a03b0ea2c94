"""Suspects of features that are taken two by two, as in rotary positions: neighbours, or one of each half."""

from __future__ import annotations

from typing import Collection, Iterator, Sequence

from compare.analysis.programs.description import Operation
from compare.analysis.programs.suspects.arithmetic import ADD
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect

TAKEN = ("__getitem__", "chunk", "split", "tensor_split", "view", "reshape", "unflatten", "view_as_complex")
MERGED = ("flatten", "reshape", "view", "cat", "concat", "concatenate", "type_as", *ADD)


def two_by_two(at: Difference) -> Iterator[Suspect]:
    """Features 2i and 2i + 1 that are computed together, where Keras's layer takes i and i + n / 2, or the other way
    round: what is between gets the features in the other order, and its output is put back."""
    inside = [at.operation, *following([at.operation], at.right.operations, set(at.paired.values()))]
    for entry in dict.fromkeys(each.operands[0] for each in inside if each.operands and takes_halves(each)):
        taken = [each for each in inside if entry in each.operands]
        shape = next(list(each.shapes[0]) for each in taken if each.operands[0] == entry)
        merged = [each for each in following(taken, inside, set()) if each.kind in MERGED and list(each.shape) == shape]
        if not merged:
            continue
        size, last = shape[-1], len(shape) - 1
        for neighbours in (True, False):
            first = 2 if neighbours else size // 2
            before = {"function": "axis_transposed", "settings": {"axis": last, "first": first}}
            after = {"function": "axis_transposed", "settings": {"axis": last, "first": size // first}}
            changes = [{"kind": "operand_changed", "operation": each.key, "number": i, **before}
                       for each in taken for i, source in enumerate(each.operands) if source == entry]
            yield Suspect((*changes, {"kind": "apply", "operation": merged[-1].key, **after}),
                          *(NEIGHBOURS if neighbours else HALVES), taken[0].place)


NEIGHBOURS = ("Your program takes neighbouring features together (0 and 1, 2 and 3), Keras's layer feature i of the "
              "first half and feature i of the second.",
              "`a, b = x.chunk(2, dim=-1)` in place of `x[..., 0::2], x[..., 1::2]`, and `torch.cat([a, b], dim=-1)` "
              "of the results in place of `torch.stack([a, b], dim=-1).flatten(-2)`")
HALVES = ("Your program takes feature i of the first half and feature i of the second together, Keras's layer "
          "neighbouring features (0 and 1, 2 and 3).",
          "`a, b = x[..., 0::2], x[..., 1::2]` in place of the halves, and `torch.stack([a, b], dim=-1).flatten(-2)` "
          "of the results in place of `torch.cat([a, b], dim=-1)`")


def takes_halves(operation: Operation) -> bool:
    """Whether an operation takes one half of the last axis, or splits it into two."""
    if operation.kind not in TAKEN or not operation.shapes or not operation.shapes[0]:
        return False
    before, after = list(operation.shapes[0]), list(operation.shape)
    half = before[-1] // 2
    return before[-1] % 2 == 0 and half > 1 and after in (
        [*before[:-1], half], [*before[:-1], half, 2], [*before[:-1], 2, half])


def following(first: Sequence[Operation], inside: Sequence[Operation], until: Collection[str]) -> list[Operation]:
    """The operations that are computed of some others, without those of `until` and what is computed of them."""
    keys = {each.key for each in first}
    result = []
    for each in inside:
        if each.key not in until and keys & set(each.sources):
            keys.add(each.key)
            result.append(each)
    return result
