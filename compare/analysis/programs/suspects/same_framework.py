"""Suspects between two programs of one framework: what stands differently in them."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.suspects.activations import is_activation
from compare.analysis.programs.suspects.suspect import Suspect

ATTRIBUTES = {"epsilon": "eps", "rate": "p", "strides": "stride", "dilation_rate": "dilation", "axis": "dim",
              "pool_size": "kernel_size"}
"""Of a setting under Keras's name, PyTorch's attribute; the others have the same name."""
DERIVED = ("momentum", "units", "filters", "use_bias", "scale", "center")
"""Settings of a PyTorch module that no attribute of the same value has, or that change its parameters."""


def of_one_framework(left_operation: Operation | None, right_operation: Operation | None, left: Run,
                     right: Run) -> Iterator[Suspect]:
    """Another activation, or settings of the layers at the difference that are not the same."""
    if left_operation is None:
        return
    if right_operation is not None and left_operation.kind != right_operation.kind and \
            is_activation(left_operation.kind) and is_activation(right_operation.kind):
        yield Suspect(({"kind": "instead", "operation": right_operation.key, "function": left_operation.kind},),
                      f"The left program applies {left_operation.kind} here, the right one {right_operation.kind}.",
                      f"{left_operation.kind} in place of {right_operation.kind}", right_operation.place)
    ours = left.layers.get(left_operation.layer)
    theirs = right.layers.get(right_operation.layer if right_operation is not None else left_operation.layer)
    if ours is None or theirs is None:
        return
    torch = right.is_torch
    for name, value in ours.settings.items():
        if theirs.settings.get(name, value) != value and not (torch and name in DERIVED):
            attribute = ATTRIBUTES.get(name, name) if torch else name
            yield Suspect(({"kind": "attribute", "layer": theirs.path, "name": attribute, "value": value},),
                          f"{theirs.kind} has {attribute}={value!r} on the left and {theirs.settings[name]!r} on the "
                          "right.", f"{attribute}={value!r} in {theirs.kind}", theirs.place)
