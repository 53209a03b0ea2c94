"""Whether JSON data match a class, a TypedDict or a dataclass: what was changed or damaged is refused before use."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any


def misfit(value: Any, annotation: Any, path: str = "result") -> str:
    """The path of the first value that does not match; empty if all do, with all of their keys and no others."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if typing.is_typeddict(annotation) or dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        if not isinstance(value, dict) or value.keys() != hints.keys():
            return path
        return _first(misfit(value[key], hint, f"{path}.{key}") for key, hint in hints.items())
    if origin is list:
        return _first(misfit(item, inner[0], f"{path}[]") for item in value) if isinstance(value, list) else path
    if origin in (dict, Mapping):
        return _first(misfit(item, inner[1], f"{path}.{key}") for key, item in value.items()) \
            if isinstance(value, dict) else path
    if origin in (typing.Union, types.UnionType):
        misfits = [misfit(value, item, path) for item in inner]
        return "" if "" in misfits else misfits[0]
    kinds = (int, float) if annotation is float else object if annotation is Any else annotation
    return "" if isinstance(value, kinds) and (annotation in (bool, Any) or not isinstance(value, bool)) else path


def _first(paths: Iterable[str]) -> str:
    return next(filter(None, paths), "")
