"""Walking a spec: plain JSON and back, the path of every field, and a spec with one field changed.

A path is written as in `loss.clip` or `layers.1.kernel`. JSON carries a schema number; infinities and nan are strings,
since JSON has no word for them; a value of a union carries its class under `is`.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any, Iterator

from scenarios import spec as vocabulary
from scenarios.checks import SpecError, alternatives, field_types
from scenarios.spec import Spec

SCHEMA = 1


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


def open_fields(spec: Spec) -> list[tuple[str, str]]:
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
    """The deepest paths at which two specs differ, with both values; a part of another class differs as a whole."""
    return dict(_differences(one, other, ""))


def _differences(one: Any, other: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        for field in dataclasses.fields(one):
            yield from _differences(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other)):
            yield from _differences(a, b, f"{path}.{i}")
    elif one != other:
        yield path.lstrip("."), (one, other)


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
