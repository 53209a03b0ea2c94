"""Helper functions of the code generators of Keras and Lightning: reading a spec in plain JSON, and lines of code."""
from __future__ import annotations

import ast
from typing import Any, Mapping

from frameworks.parts.weights import is_random
from frameworks.protocol import Json

WIDTH = 88  # columns of code, so that two programs fit side by side
Line = str | tuple[str, ...]
"""A line of code: a string, or a tuple of a string and the paths of the fields that the line decides."""


def last_of(spec: Json) -> str:
    """Return the name of the activation of the last layer, or `linear`."""
    function = spec["layers"][-1].get("function", "linear")
    return str(function if isinstance(function, str) else function["is"])


def field_of(function: str | Json) -> tuple[str, Any, tuple[str, ...]]:
    """Return (the name of an activation, the value of its only field or None, the path of that field as a tuple).

    The path is relative to the layer, as in `function.slope`; the tuple is empty for an activation without a field.
    """
    if isinstance(function, str):
        return function, None, ()
    (name, value), = ((name, value) for name, value in function.items() if name != "is")
    return str(function["is"]), value, ("function." + name,)


def numbered(spec: Json) -> bool:
    """Whether labels are class indices and the model has one output per class."""
    return bool(spec["data"]["labels"] == "index" and width_of(spec) > 1)


def width_of(spec: Json) -> int:
    """Return the number of outputs of a model."""
    return next(int(layer["units"]) for layer in reversed(spec["layers"]) if layer["is"] == "Dense")


def paths_of(part: str, fields: Json) -> tuple[str, ...]:
    """Return the paths of the fields of a part of a spec, then those of its nested parts; `part` is its own path."""
    nested = (paths_of("%s.%s" % (part, name), value) for name, value in fields.items() if isinstance(value, Mapping))
    return (*("%s.%s" % (part, name) for name in fields if name != "is"), *(path for paths in nested for path in paths))


def names_of(line: Line) -> set[str]:
    """Return the names in a line of code, which can be a tuple of the line and of paths."""
    text = (line[0] if isinstance(line, tuple) else line).strip()
    parsed = ast.parse(text + " pass" if text.endswith(":") else text)
    return {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}


def source_of(name: str, path: str) -> list[str]:
    """Return the source lines of a class or function in the module file `path`; none if `name` is empty.

    They are without annotations, since a program would have to import their names.
    """
    if not name:
        return []
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines()
    definition = next(node for node in ast.parse(text).body if getattr(node, "name", "") == name)
    dropped: set[int] = set()
    for function in ast.walk(definition):
        if isinstance(function, ast.FunctionDef) and function.returns:
            for argument in ast.walk(function.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
            lines[function.lineno - 1] = "%sdef %s(%s):" % (" " * function.col_offset, function.name,
                                                            ast.unparse(function.args))
            dropped.update(range(function.lineno, function.body[0].lineno - 1))
    first, last = definition.lineno - 1, definition.end_lineno or definition.lineno
    return ["", ""] + [lines[place] for place in range(first, last) if place not in dropped]


def of_a_run(spec: Json) -> tuple[str, str]:
    """Return (the line before the program reads the files of a run, the expression of the weight names that it reads).

    The dropout masks of the run are skipped: the Dropout layers of a program draw their own.
    """
    line = "else:  # a run's start and order, to get that run's numbers"
    if not any(is_random(layer) for layer in spec["layers"]):
        return line, "start.files"
    return line + " but for what Dropout drops", \
        '[name for name in start.files if not name.endswith((".masks", ".step"))]'


def ordered(spec: Json) -> bool:
    """Whether a shared initialization includes the order of the samples. It does not if they are not shuffled or if a
    batch holds all of them."""
    return bool(spec["training"]["batch_size"] != "all" and spec["training"]["shuffle"] is not False)
