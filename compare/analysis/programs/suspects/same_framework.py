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


def of_one_framework(one: Operation | None, other: Operation | None, left: Run, right: Run) -> Iterator[Suspect]:
    """Another activation, or settings of the layers at the difference that are not the same."""
    if one is None:
        return
    if other is not None and is_activation(one.kind) and is_activation(other.kind) and one.kind != other.kind:
        yield Suspect(({"kind": "instead", "operation": other.key, "function": one.kind},),
                      f"The left program applies {one.kind} here, the right one {other.kind}.",
                      f"{one.kind} in place of {other.kind}", other.place)
    ours = left.layers.get(one.layer)
    theirs = right.layers.get(other.layer if other is not None else one.layer)
    if ours is None or theirs is None:
        return
    torch = right.framework == "lightning"
    for name, value in ours.settings.items():
        if theirs.settings.get(name, value) != value and not (torch and name in DERIVED):
            attribute = ATTRIBUTES.get(name, name) if torch else name
            yield Suspect(({"kind": "attribute", "layer": theirs.path, "name": attribute, "value": value},),
                          f"{theirs.kind} has {attribute}={value!r} on the left and {theirs.settings[name]!r} on the "
                          "right.", f"{attribute}={value!r} in {theirs.kind}", theirs.place)
