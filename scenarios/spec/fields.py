"""Walking a spec: plain JSON and back, the path of every field, and a spec with one field changed.

A path is written as in `loss.clip` or `layers.1.kernel`. JSON carries a schema number; infinities and nan are strings,
since JSON has no word for them; a value of a union carries its class under `is`.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import math
import typing
from typing import Any, Collection, Iterator

from scenarios import spec as vocabulary
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError, alternatives, field_types

SCHEMA = 1
ABSENT = "absent"
"""Stands in a difference for a layer that one of two specs does not have."""


def to_json(spec: Spec) -> dict[str, Any]:
    """The spec as plain JSON values."""
    return {"schema": SCHEMA, **_plain(spec)}


def from_json(plain: dict[str, Any]) -> Spec:
    """The spec of `to_json`'s values. Raises `SpecError` on another schema, an unknown field or an impossible value."""
    schema = plain.get("schema") if isinstance(plain, dict) else None
    if schema != SCHEMA:
        raise SpecError(f"The spec has schema {schema!r}; this version reads {SCHEMA}.")
    return _built({key: value for key, value in plain.items() if key != "schema"}, Spec, "The spec")


def fields(owner: Any, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every field below a spec as (path, Class.field, value), in the order in which it is written."""
    for field in dataclasses.fields(owner):
        value, path = getattr(owner, field.name), f"{prefix}{field.name}"
        yield path, f"{type(owner).__name__}.{field.name}", value
        parts = enumerate(value) if isinstance(value, tuple) else []
        for below, part in [(path, value)] + [(f"{path}.{i}", part) for i, part in parts]:
            if dataclasses.is_dataclass(part):
                yield from fields(part, f"{below}.")


def unset_fields(spec: Spec) -> list[tuple[str, str]]:
    """(path, Class.field) of every field that the framework decides."""
    return [(path, name) for path, name, value in fields(spec) if value is None]


def value_at(owner: Any, path: str) -> Any:
    """The value at a path. Raises `SpecError` where there is none."""
    for part in path.split("."):
        try:
            owner = dict(_parts(owner))[part]
        except KeyError:
            raise SpecError(f"A {type(owner).__name__} has no field {part!r} (of the path {path!r}).") from None
    return owner


def changed(owner: Any, values: dict[str, Any]) -> Any:
    """A copy of a spec in which each path of `values` has its value; all at once, so that only the result is checked.

    Raises `SpecError` where there is no such path, or where the result is impossible.
    """
    return _changed(owner, [(path.split("."), value) for path, value in values.items()])


def differences(one: Spec, other: Spec) -> dict[str, tuple[Any, Any]]:
    """The deepest paths at which two specs differ, with both values; a part of another class differs as a whole.

    Layers are aligned: one that only one of the two has differs from `ABSENT`, and its path is its place among the
    layers of both.
    """
    return dict(_differences(one, other, ""))


def mixed(one: Spec, other: Spec, paths: Collection[str]) -> Spec:
    """A copy of `one` in which the differences at `paths` are as in `other`. Raises `SpecError` where none can be."""
    result = _mixed(one, other, paths, "")
    assert isinstance(result, Spec)
    return result


def _differences(one: Any, other: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    parts = _aligned(one, other)
    if one == other:
        return
    if parts is None:
        yield path, (one, other)
    else:
        for name, (a, b) in parts.items():
            yield from _differences(a, b, f"{path}.{name}".lstrip("."))


def _mixed(one: Any, other: Any, paths: Collection[str], path: str) -> Any:
    if path in paths:
        return other
    below = [each for each in paths if each.startswith(f"{path}.") or not path]
    parts = _aligned(one, other)
    if not below or parts is None:
        return one
    mixture = {name: _mixed(a, b, below, f"{path}.{name}".lstrip(".")) for name, (a, b) in parts.items()}
    if isinstance(one, tuple):
        return tuple(item for item in mixture.values() if item is not ABSENT)
    return dataclasses.replace(one, **mixture)


def _aligned(one: Any, other: Any) -> dict[str, tuple[Any, Any]] | None:
    """The parts of two values that belong together, by name; None where they have none."""
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        return {field.name: (getattr(one, field.name), getattr(other, field.name)) for field in
                dataclasses.fields(one)}
    if not (isinstance(one, tuple) and isinstance(other, tuple) and all(map(dataclasses.is_dataclass, one + other))):
        return None
    pairs: list[tuple[Any, Any]] = []
    kinds = [[type(item) for item in side] for side in (one, other)]
    for _, i, end, j, other_end in difflib.SequenceMatcher(None, kinds[0], kinds[1], autojunk=False).get_opcodes():
        pairs += itertools.zip_longest(one[i:end], other[j:other_end], fillvalue=ABSENT)
    return {str(i): pair for i, pair in enumerate(pairs)}


def _parts(owner: Any) -> Iterator[tuple[str, Any]]:
    """What a path may name next, with the values: a part's fields, or the places of a tuple."""
    if dataclasses.is_dataclass(owner):
        yield from ((field.name, getattr(owner, field.name)) for field in dataclasses.fields(owner))
    elif isinstance(owner, tuple):
        yield from ((str(i), item) for i, item in enumerate(owner))


def _changed(owner: Any, changes: list[tuple[list[str], Any]]) -> Any:
    """The owner with the value of each path; a path is its parts, none of which is left where the owner is meant."""
    owner = next((value for parts, value in reversed(changes) if not parts), owner)
    below: dict[str, list[tuple[list[str], Any]]] = {}
    for parts, value in changes:
        if parts:
            below.setdefault(parts[0], []).append((parts[1:], value))
    inner = {first: _changed(value_at(owner, first), rest) for first, rest in below.items()}
    if isinstance(owner, tuple):
        return tuple(inner.get(str(i), item) for i, item in enumerate(owner))
    return dataclasses.replace(owner, **inner) if inner else owner


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        below = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return below if isinstance(value, ROOTS) else {"is": type(value).__name__, **below}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


ROOTS = (Spec, vocabulary.Data, vocabulary.Training, vocabulary.Accuracy)


def _built(plain: Any, annotation: Any, place: str) -> Any:
    """The value of plain JSON at `place`; what fits no annotation is left to the check of the part that holds it."""
    choices = alternatives(annotation)
    parts: list[Any] = [one for one in choices if dataclasses.is_dataclass(one)]
    classes = {part.__name__: part for part in parts}
    if isinstance(plain, dict) and classes:
        kind = plain.get("is")
        owner = classes.get(str(kind)) if kind else next(iter(classes.values())) if len(classes) == 1 else None
        if owner is None:
            raise SpecError(f"{place} is of the kind {kind!r}; allowed: {', '.join(classes)}.")
        hints = field_types(owner)
        unknown = set(plain) - set(hints) - {"is"}
        if unknown:
            raise SpecError(f"{owner.__name__} has no field {min(unknown)!r}; its fields: {', '.join(hints)}.")
        needed = [field.name for field in dataclasses.fields(owner) if field.default is dataclasses.MISSING]
        missing = [name for name in needed if name not in plain]
        if missing:
            raise SpecError(f"{owner.__name__} needs the field {missing[0]!r}.")
        return owner(**{name: _built(value, hints[name], f"{owner.__name__}.{name}")
                        for name, value in plain.items() if name != "is"})
    if isinstance(plain, list):
        inner = next((typing.get_args(one)[0] for one in choices if typing.get_origin(one) is tuple), None)
        return tuple(_built(item, inner, place) for item in plain)
    if plain in ("inf", "-inf", "nan") and float in choices:
        return float(plain)
    return plain
