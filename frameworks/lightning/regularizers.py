"""Regularizers of a spec in PyTorch, whose layers have none: expressions that a step adds to the loss.

`model` evaluates them, and `codegen` renders them as source. No PyTorch is imported.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple

from frameworks.parts import regularizers
from frameworks.protocol import Plain
from frameworks.runtime.call import Call

TENSORS = {"kernel": "weight", "bias": "bias"}


class Term(NamedTuple):
    """What one regularizer adds to the loss."""

    expression: str
    """Of the module of the layer, called `layer`, or of the module of its activity, called `activity`."""
    field: str
    """The field of the layer."""
    reported: bool | None


def terms(layer: Plain) -> Iterator[Term]:
    """Yield the terms of a layer in plain JSON."""
    for name, regularizer in regularizers.of_weights(layer).items():
        squared = "square" if regularizer["is"] == "L2" else "abs"
        yield Term("%r * layer.%s.%s().sum()" % (regularizer["factor"], TENSORS[name], squared),
                   name + "_regularizer", regularizer["reported"])
    activity = regularizers.of_activity(layer)
    if activity:
        yield Term("activity.penalty", "activity_regularizer", activity["reported"])


def activity(layer: Plain) -> list[Call]:
    """Return the module after a layer that keeps what the regularizer of its activity adds, in a list, or none."""
    regularizer = regularizers.of_activity(layer)
    return [Call("RegularizedActivity", regularizer["factor"], int(regularizer["is"][1:]))] if regularizer else []
