"""Refusing an impossible spec: one sentence that names the field, the value and what is allowed."""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from functools import lru_cache
from typing import Any, Hashable, Iterable


class SpecError(ValueError):
    """An impossible spec or scenario, told in one sentence."""


RANGES = {
    "positive": lambda v: v > 0 and math.isfinite(v),
    "not negative": lambda v: v >= 0 and math.isfinite(v),
    "negative": lambda v: v < 0,
    "finite": math.isfinite,
    "in [0, 1)": lambda v: 0 <= v < 1,
    "in [0, 0.5)": lambda v: 0 <= v < 0.5,
}


def nearest(word: str, allowed: Iterable[str]) -> str:
    """The word that was meant, where one is near, and all that is allowed."""
    words = list(allowed)
    close = difflib.get_close_matches(word, words, 1, 0.5)
    return (f"did you mean {close[0]}?  A" if close else "a") + f"llowed: {', '.join(words)}"


def refuse_unless(allowed: bool, owner: Any, field: str, sentence: str) -> None:
    """Raises `SpecError` naming `owner.field`, its value and `sentence` (what is allowed), unless `allowed`."""
    if not allowed:
        raise SpecError(f"{type(owner).__name__}.{field} is {getattr(owner, field)!r}; allowed: {sentence}.")


def check(owner: Any, **ranges: str) -> None:
    """Checks every field of the dataclass `owner` against its annotation, and the numbers named in `ranges`."""
    for name, annotation in field_types(owner.__class__).items():
        value = getattr(owner, name)
        refuse_unless(_fits(value, annotation), owner, name, _told(annotation))
        if name in ranges and isinstance(value, (int, float)):
            refuse_unless(RANGES[ranges[name]](value), owner, name, f"a number that is {ranges[name]}"
                          if " [" not in ranges[name] else f"a number {ranges[name]}")


@lru_cache(maxsize=None)
def field_types(owner: Hashable) -> dict[str, Any]:
    """The resolved annotation of every field of a dataclass, by name."""
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}  # type: ignore[arg-type]


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def _fits(value: Any, annotation: Any) -> bool:
    return any(_fits_one(value, one) for one in alternatives(annotation))


def _fits_one(value: Any, annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return isinstance(value, str) and value in typing.get_args(annotation)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, typing.get_args(annotation)[0]) for item in value)
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def _told(annotation: Any) -> str:
    words: list[str] = []
    for one in alternatives(annotation):
        if typing.get_origin(one) is typing.Literal:
            words.extend(typing.get_args(one))
        elif one is type(None):
            words.append("None (the framework decides)")
        elif typing.get_origin(one) is tuple:
            words.append(f"a tuple, each item {_told(typing.get_args(one)[0])}")
        else:
            words.append({"int": "a whole number", "float": "a number", "bool": "True or False"}.get(one.__name__,
                                                                                                  one.__name__))
    return ", ".join(words[:-1]) + (" or " if words[1:] else "") + words[-1]
