"""What the writers of Keras's and of Lightning's programs share: reading a spec in plain JSON, and lines of code."""
from __future__ import annotations

import ast
from typing import Any, Mapping

from frameworks.parts.weights import is_random

WIDTH = 88  # columns of code, so that two programs stand side by side
Plain = Mapping[str, Any]
"""A part of a spec in plain JSON."""


def loss_needs_z(loss: Plain, last: str) -> bool:
    """Whether a loss is told to read what comes before the last activation."""
    passes_by = {"CategoricalCrossentropy": ("softmax_of_logits", ("softmax", "sigmoid")),
                 "BinaryCrossentropy": ("sigmoid_of_logits", ("sigmoid",))}
    if loss["is"] not in passes_by:
        return False
    of, activations = passes_by[loss["is"]]
    return loss["of"] == of or bool(loss["of"] == "outputs" and loss["logits_form"] and last in activations)


def last_of(spec: Plain) -> str:
    """The name of the activation that makes the outputs, or `linear`."""
    function = spec["layers"][-1].get("function", "linear")
    return str(function if isinstance(function, str) else function["is"])


def field_of(function: str | Plain) -> tuple[str, Any, tuple[str, ...]]:
    """(the name of an activation, the value of its one field or None, the field's name below the activation)."""
    if isinstance(function, str):
        return function, None, ()
    (name, value), = ((name, value) for name, value in function.items() if name != "is")
    return str(function["is"]), value, ("function." + name,)


def numbered(spec: Plain) -> bool:
    """Whether labels are the numbers of classes, of which each has an output."""
    return bool(spec["data"]["labels"] == "index" and width_of(spec) > 1)


def width_of(spec: Plain) -> int:
    """How many outputs a model has."""
    return next(int(layer["units"]) for layer in reversed(spec["layers"]) if layer["is"] == "Dense")


def paths_of(part: str, fields: Plain) -> tuple[str, ...]:
    """The paths of the fields of a part, and of those of its own parts."""
    below = (paths_of("%s.%s" % (part, name), value) for name, value in fields.items() if isinstance(value, Mapping))
    return tuple("%s.%s" % (part, name) for name in fields if name != "is") + tuple(each for some in below
                                                                                 for each in some)


def names_of(line: str | tuple[str, ...]) -> set[str]:
    """The names in a line of code, or in a line with paths."""
    text = (line[0] if isinstance(line, tuple) else line).strip()
    parsed = ast.parse(text + " pass" if text.endswith(":") else text)
    return {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}


def optimizer_class(optimizer: Plain, own: Mapping[str, str], other: Mapping[str, str]) -> str:
    """The name of the class of our own that an optimizer needs, or nothing.

    `own` is by kind of optimizer where the framework's class adds epsilon, `other` our class that adds it elsewhere.
    """
    place = optimizer.get("epsilon_place")
    return "" if place in (None, own.get(optimizer["is"])) else other[optimizer["is"]]


def source_of(name: str, path: str) -> list[str]:
    """The lines of a class as a module defines it; none where no class is named."""
    if not name:
        return []
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = next(node for node in ast.parse(text).body if getattr(node, "name", "") == name)
    return ["", ""] + str(ast.get_source_segment(text, found)).splitlines()


def of_a_run(spec: Plain) -> tuple[str, str]:
    """(the line before a program reads the files of a run, the names of the weights in there of which it has layers).

    A user's dropouts draw for themselves.
    """
    line = "else:  # a run's start and order, to get that run's numbers"
    if not any(is_random(layer) for layer in spec["layers"]):
        return line, "start.files"
    return line + " but for what Dropout drops", \
        '[name for name in start.files if not name.endswith((".masks", ".step"))]'


def ordered(spec: Plain) -> bool:
    """Whether a shared start has an order of the samples: not where a step holds all of them."""
    return bool(spec["training"]["batch_size"] != "all" and spec["training"]["shuffle"] is not False)
