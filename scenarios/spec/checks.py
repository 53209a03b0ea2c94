"""Validation of specs. Error messages are one sentence with the field, its value and the allowed values."""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from functools import lru_cache
from typing import Any, Callable, Hashable, Iterable


class SpecError(ValueError):
    """A spec or scenario is invalid; the message is one sentence."""


RANGES = {
    "positive": lambda v: v > 0 and math.isfinite(v),
    "not negative": lambda v: v >= 0 and math.isfinite(v),
    "negative": lambda v: v < 0,
    "finite": math.isfinite,
    "in [0, 1)": lambda v: 0 <= v < 1,
    "in [0, 0.5)": lambda v: 0 <= v < 0.5,
}
"""By its name in an error message, whether a number lies in a range."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Text for an error message: a suggestion if an allowed word is similar, and all allowed words."""
    names = list(allowed)
    close = difflib.get_close_matches(word, names, 1, 0.5)
    return (f"did you mean {close[0]}? A" if close else "a") + f"llowed: {', '.join(names)}"


def refuse_unless(allowed: bool, owner: Any, field: str, sentence: str) -> None:
    """Raises SpecError with `owner.field`, its value and `sentence` (what is allowed), unless `allowed` is true."""
    if not allowed:
        value = as_written(getattr(owner, field))
        raise SpecError(f"{type(owner).__name__}.{field} is {value}; allowed: {sentence}.")


def as_written(value: Any) -> str:
    """A value as it is written in a scenario, without unset fields and without those at their default."""
    if isinstance(value, tuple):
        return f"({', '.join(map(as_written, value))}{',' * (len(value) == 1)})"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return f"the {'class' if isinstance(value, type) else 'function'} {value.__name__}"
    if not dataclasses.is_dataclass(value):
        return repr(value) if not repr(value).startswith("<") else f"an object of the class {type(value).__name__}"
    arguments, skipped = [], False
    for field in dataclasses.fields(value):
        argument = getattr(value, field.name)
        skipped |= argument is None or argument == field.default
        if argument is not None and argument != field.default:
            arguments.append(f"{field.name}=" * skipped + as_written(argument))
    return f"{type(value).__name__}({', '.join(arguments)})"


def check(owner: Any, **ranges: str) -> None:
    """Validates every field of the dataclass `owner` against its annotation, and numbers against `ranges`.

    `ranges` maps names of fields to keys of `RANGES`. Raises SpecError.
    """
    for name, fits in _conditions(owner.__class__):
        value = getattr(owner, name)
        if not fits(value):
            refuse_unless(False, owner, name, _allowed(field_types(owner.__class__)[name]))
        if name in ranges and isinstance(value, (int, float)):
            refuse_unless(RANGES[ranges[name]](value), owner, name, f"a number that is {ranges[name]}"
                          if " [" not in ranges[name] else f"a number {ranges[name]}")


@lru_cache(maxsize=None)
def field_types(owner: Hashable) -> dict[str, Any]:
    """The evaluated type annotations of the fields of a dataclass, by name."""
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}  # type: ignore[arg-type]


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation itself."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


@lru_cache(maxsize=None)
def _conditions(owner: Hashable) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    """The name of every field of a dataclass, with a function that says whether a value fits its annotation."""
    return tuple((name, _condition(annotation)) for name, annotation in field_types(owner).items())


def _condition(annotation: Any) -> Callable[[Any], bool]:
    """A function that says whether a value fits an annotation. It is made once, since every change validates a spec."""
    members = alternatives(annotation)
    classes = tuple(member for member in members if isinstance(member, type) and member not in (int, float)
                    and typing.get_origin(member) is None)  # Python 3.10 takes tuple[int, ...] for a type
    conditions = [_condition_of_one(member) for member in members if member not in classes]
    if not conditions:
        return lambda value: isinstance(value, classes)
    return lambda value: isinstance(value, classes) or any(fits(value) for fits in conditions)


def _condition_of_one(annotation: Any) -> Callable[[Any], bool]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return lambda value: isinstance(value, str) and value in arguments
    if origin is tuple:
        fits = _condition(arguments[0])
        return lambda value: isinstance(value, tuple) and all(fits(item) for item in value)
    if annotation is float:
        return lambda value: (isinstance(value, (int, float)) and not isinstance(value, bool)
                              and not math.isnan(value))
    return lambda value: isinstance(value, int) and not isinstance(value, bool)


def _allowed(annotation: Any) -> str:
    """The values that an annotation allows, as text."""
    names = {"int": "a whole number", "float": "a number", "bool": "True or False"}
    allowed: list[str] = []
    for member in alternatives(annotation):
        if typing.get_origin(member) is typing.Literal:
            allowed.extend(typing.get_args(member))
        elif member is type(None):
            allowed.append("None (the framework decides)")
        elif typing.get_origin(member) is tuple:
            allowed.append(f"a tuple, each item {_allowed(typing.get_args(member)[0])}")
        else:
            allowed.append(names.get(member.__name__, member.__name__))
    return ", ".join(allowed[:-1]) + (" or " if allowed[1:] else "") + allowed[-1]
