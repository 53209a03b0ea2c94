"""Functions on the fields of a spec: conversion to and from JSON, lookup and change by path, differences of two specs.

A path looks like `loss.clip` or `layers.1.kernel`. The JSON has a schema number. Infinities and nan are strings, since
JSON has no such numbers. The class of a part is stored under the key `is`, except for the classes in `ROOTS`.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import math
import typing
from typing import Any, Collection, Iterator

from scenarios import spec as vocabulary
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError, alternatives, field_types
from scenarios.spec.names import no_field

SCHEMA = 1
ABSENT = "absent"
"""The value in a difference for a layer that only the other spec has."""


def to_json(spec: Spec) -> dict[str, Any]:
    """Converts a spec to JSON values."""
    return {"schema": SCHEMA, **encoded(spec)}


def encoded(value: Any) -> Any:
    """A part of a spec, such as a layer or a number, as plain JSON values, as `to_json` has it."""
    if dataclasses.is_dataclass(value):
        parts = {name: encoded(getattr(value, name)) for name in _names(value)}
        return parts if isinstance(value, ROOTS) else {"is": type(value).__name__, **parts}
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def from_json(json: dict[str, Any]) -> Spec:
    """The inverse of `to_json`. Raises SpecError for another schema, an unknown field or an invalid value."""
    schema = json.get("schema") if isinstance(json, dict) else None
    if schema != SCHEMA:
        raise SpecError(f"The spec has schema {schema!r}; this version reads {SCHEMA}.")
    return _decode({key: value for key, value in json.items() if key != "schema"}, Spec, "The spec")


def fields(owner: Any, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yields (path, Class.field, value) for every field of a spec and of its parts, in the order of definition."""
    for name in _names(owner):
        value, path = getattr(owner, name), f"{prefix}{name}"
        yield path, f"{type(owner).__name__}.{name}", value
        items = enumerate(value) if isinstance(value, tuple) else []
        for part_path, part in [(path, value)] + [(f"{path}.{i}", item) for i, item in items]:
            if dataclasses.is_dataclass(part):
                yield from fields(part, f"{part_path}.")


def _names(part: Any) -> tuple[str, ...]:
    """The names of the fields of a part of a spec."""
    kind: Any = type(part)
    return _names_of(kind)


@functools.lru_cache(maxsize=None)
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def unset_fields(spec: Spec) -> list[tuple[str, str]]:
    """(path, Class.field) of every unset field: the framework decides its value."""
    return [(path, name) for path, name, value in fields(spec) if value is None]


def value_at(owner: Any, path: str) -> Any:
    """The value at a path. Raises SpecError if there is no such field."""
    for part in path.split("."):
        try:
            owner = next(value for name, value in _parts(owner) if name == part)
        except StopIteration:
            raise SpecError(f"A {type(owner).__name__} has no field {part!r} (of the path {path!r}).") from None
    return owner


def changed(owner: Any, values: dict[str, Any]) -> Any:
    """A copy of a spec with new `values` by path. All are set at once, so that only the result is validated.

    Raises SpecError if a path does not exist, or if the result is invalid.
    """
    return _changed(owner, [(path.split("."), value) for path, value in values.items()])


def differences(left: Spec, right: Spec) -> dict[str, tuple[Any, Any]]:
    """The deepest paths at which two specs differ, with both values. Parts of different classes differ as a whole.

    Layers are aligned. A layer that only one spec has differs from `ABSENT`; its path is its index in the alignment.
    """
    return dict(_differences(left, right, ""))


def mixed(left: Spec, right: Spec, paths: Collection[str]) -> Spec:
    """A copy of `left` with the values of `right` at some paths of `differences`. Raises SpecError if it is invalid."""
    result = _mixed(left, right, paths, "")
    assert isinstance(result, Spec)
    return result


def _differences(left: Any, right: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    pairs = _aligned(left, right)
    if left == right:
        return
    if pairs is None:
        yield path, (left, right)
    else:
        for name, (a, b) in pairs.items():
            yield from _differences(a, b, f"{path}.{name}".lstrip("."))


def _mixed(left: Any, right: Any, paths: Collection[str], path: str) -> Any:
    if path in paths:
        return right
    inner_paths = [inner for inner in paths if inner.startswith(f"{path}.") or not path]
    pairs = _aligned(left, right)
    if not inner_paths or pairs is None:
        return left
    parts = {name: _mixed(a, b, inner_paths, f"{path}.{name}".lstrip(".")) for name, (a, b) in pairs.items()}
    if isinstance(left, tuple):
        return tuple(part for part in parts.values() if part is not ABSENT)
    return dataclasses.replace(left, **parts)


def _aligned(left: Any, right: Any) -> dict[str, tuple[Any, Any]] | None:
    """The corresponding parts of two values, by name; None if the values are not comparable part by part."""
    if dataclasses.is_dataclass(left) and type(left) is type(right):
        return {name: (getattr(left, name), getattr(right, name)) for name in _names(left)}
    if not (isinstance(left, tuple) and isinstance(right, tuple) and all(map(dataclasses.is_dataclass, left + right))):
        return None
    pairs: list[tuple[Any, Any]] = []
    classes = [[type(item) for item in side] for side in (left, right)]
    for _, i, i_end, j, j_end in difflib.SequenceMatcher(None, classes[0], classes[1], autojunk=False).get_opcodes():
        pairs += itertools.zip_longest(left[i:i_end], right[j:j_end], fillvalue=ABSENT)
    return {str(i): pair for i, pair in enumerate(pairs)}


def _parts(owner: Any) -> Iterator[tuple[str, Any]]:
    """The possible next names of a path, with their values: the fields of a dataclass, or the indices of a tuple."""
    if dataclasses.is_dataclass(owner):
        yield from ((name, getattr(owner, name)) for name in _names(owner))
    elif isinstance(owner, tuple):
        yield from ((str(i), item) for i, item in enumerate(owner))


def _changed(owner: Any, changes: list[tuple[list[str], Any]]) -> Any:
    """The owner with changed values. A path is a list of names; the empty path is the owner itself."""
    owner = next((value for path, value in reversed(changes) if not path), owner)
    inner_changes: dict[str, list[tuple[list[str], Any]]] = {}
    for path, value in changes:
        if path:
            inner_changes.setdefault(path[0], []).append((path[1:], value))
    parts = {name: _changed(value_at(owner, name), inner) for name, inner in inner_changes.items()}
    if isinstance(owner, tuple):
        return tuple(parts.get(str(i), item) for i, item in enumerate(owner))
    return dataclasses.replace(owner, **parts) if parts else owner


ROOTS = (Spec, vocabulary.Data, vocabulary.Training, vocabulary.Accuracy)
"""The classes that JSON has without `is`, since their place determines them."""


def _decode(json: Any, annotation: Any, place: str) -> Any:
    """Decodes the JSON value at `place`. A value of a wrong type is returned as it is: its owner's check refuses it."""
    members = alternatives(annotation)
    dataclass_members: list[Any] = [member for member in members if dataclasses.is_dataclass(member)]
    classes = {member.__name__: member for member in dataclass_members}
    if isinstance(json, dict) and classes:
        kind = json.get("is")
        owner = classes.get(str(kind)) if kind else next(iter(classes.values())) if len(classes) == 1 else None
        if owner is None:
            raise SpecError(f"{place} is of the kind {kind!r}; allowed: {', '.join(classes)}.")
        hints = field_types(owner)
        unknown = set(json) - set(hints) - {"is"}
        if unknown:
            raise SpecError(no_field(owner.__name__, min(unknown), hints))
        required = [field.name for field in dataclasses.fields(owner) if field.default is dataclasses.MISSING]
        absent = [name for name in required if name not in json]
        if absent:
            raise SpecError(f"{owner.__name__} needs the field {absent[0]!r}.")
        return owner(**{name: _decode(value, hints[name], f"{owner.__name__}.{name}")
                        for name, value in json.items() if name != "is"})
    if isinstance(json, list):
        items = next((typing.get_args(member)[0] for member in members if typing.get_origin(member) is tuple), None)
        return tuple(_decode(item, items, place) for item in json)
    if json in ("inf", "-inf", "nan") and float in members:
        return float(json)
    return json
