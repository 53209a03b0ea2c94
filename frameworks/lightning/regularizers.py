"""Regularizers of a spec in PyTorch, where layers have none: expressions that a step adds to the loss.

`networks` evaluates them, and `codegen` renders them as source. No PyTorch is imported.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple

from frameworks.parts import regularizers
from frameworks.protocol import Json
from frameworks.runtime.call import Call

TENSORS = {"kernel": "weight", "bias": "bias"}


class Term(NamedTuple):
    """What one regularizer adds to the loss."""

    expression: str
    """The term as source, a number."""
    field: str
    """The field of the layer."""
    reported: bool | None
    """Whether the reported loss contains it; None if that is unset."""


def terms(layer: Json, module: str = "layer", activity: str = "activity") -> Iterator[Term]:
    """Yield the terms of a layer in plain JSON.

    `module` and `activity` are the expressions of the layer's module, and of the `RegularizedActivity` after it.
    """
    for name, regularizer in regularizers.of_weights(layer).items():
        squared = "square" if regularizer["is"] == "L2" else "abs"
        yield Term("%r * %s.%s.%s().sum()" % (regularizer["factor"], module, TENSORS[name], squared),
                   name + "_regularizer", regularizer["reported"])
    of_activity = regularizers.of_activity(layer)
    if of_activity:
        yield Term(activity + ".penalty", "activity_regularizer", of_activity["reported"])


def activity_module(layer: Json) -> list[Call]:
    """Return a list with the call of the `RegularizedActivity` after a layer; empty without an activity regularizer."""
    regularizer = regularizers.of_activity(layer)
    return [Call("RegularizedActivity", regularizer["factor"], int(regularizer["is"][1:]))] if regularizer else []
