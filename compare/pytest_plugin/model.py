"""The model of a golden entry: the user's settings as plain values, and the changes between two models.

A part with a class is a mapping with its class under `is`, as in {is: SGD, learning_rate: 0.1}. Unset fields and fields
with their default value are left out.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from compare.analysis.programs.program_settings import SUMMED_UP, YamlValue
from compare.execution.identity import digest_of
from compare.reporting.cause_text import listed
from frameworks.environment import Environments
from frameworks.quirks.resolution import resolve
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import ROOTS, to_json

DIGEST = "digest"
"""The key of a model for the digest of what cannot be read from it."""
DIGITS = 12
UNSET = "unset"


def of_spec(spec: Spec, environments: Environments) -> YamlValue:
    """The spec of a variant, with a digest for each framework: that of the spec with its unset fields resolved."""
    return {**_as_yaml(spec), DIGEST: {name: digest for name, environment in environments.items()
                                     if (digest := _digest(spec, environment))}}


def of_program(settings: Mapping[str, YamlValue]) -> YamlValue:
    """A user's own program, with a digest of the settings that are too long to be read."""
    return {**{name: value for name, value in settings.items() if name not in SUMMED_UP},
            DIGEST: digest({name: settings[name] for name in SUMMED_UP})}


def changes(old: Mapping[str, YamlValue], new: Mapping[str, YamlValue], same_versions: bool = True) -> list[str]:
    """What differs between two models by name, as in `SGD.learning_rate 0.1 → 0.11`; digests are not compared.

    If there are several models, a change says in which of them it is. Other versions of a framework have other
    settings: what only one side of a program has is a change only with the same versions.
    """
    by_text: dict[str, list[str]] = {}
    for name in dict.fromkeys([*old, *new]):
        left, right = old.get(name, {}), new.get(name, {})
        one_sided = same_versions or not _is_program(right)
        for text in _changes(_without_digest(left), _without_digest(right), "", "", one_sided):
            by_text.setdefault(text, []).append(name)
    return [text if len(new) == 1 else f"{text} ({listed(names)})" for text, names in by_text.items()]


def changed_digests(old: Mapping[str, YamlValue], new: Mapping[str, YamlValue]) -> list[str]:
    """The models with a changed digest; for a spec, also the frameworks."""
    result = []
    for name in new:
        left, right = old.get(name, {}).get(DIGEST), new[name].get(DIGEST)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            result += [f"{name} in {side}" for side in right if side in left and left[side] != right[side]]
        elif left != right:
            result.append(name)
    return result


def digest(value: YamlValue) -> str:
    """A short digest of JSON values."""
    return digest_of(value)[:DIGITS]


def _digest(spec: Spec, environment: Any) -> str:
    try:
        return digest(to_json(resolve(spec, environment)))
    except SpecError:  # no rule is known for this environment
        return ""


def _as_yaml(value: Any) -> YamlValue:
    if isinstance(value, tuple):
        return [_as_yaml(item) for item in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    content = {field.name: _as_yaml(inner) for field in dataclasses.fields(value)
               if (inner := getattr(value, field.name)) is not None and inner != field.default}
    return content if isinstance(value, ROOTS) else {"is": type(value).__name__, **content}


def _is_program(model: Mapping[str, YamlValue]) -> bool:
    """Whether a model is a user's own program, which has one digest; a spec has one for each framework."""
    return isinstance(model.get(DIGEST), str)


def _without_digest(model: Mapping[str, YamlValue]) -> YamlValue:
    return {name: part for name, part in model.items() if name != DIGEST}


def _changes(old: YamlValue, new: YamlValue, path: str, kind: str, one_sided: bool) -> Iterator[str]:
    """The deepest differences of two values; `kind` is the class of the part that they belong to.

    `one_sided` says whether a setting that only one side of a part has is a difference.
    """
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("is") == new.get("is"):
        for name in dict.fromkeys([*old, *new]):
            if one_sided or "is" not in new or name in old and name in new:
                yield from _changes(old.get(name), new.get(name), f"{path}.{name}".lstrip("."), str(new.get("is", "")),
                                    one_sided)
    elif _has_parts(old) and _has_parts(new):
        for index, (left, right) in enumerate(_aligned(old, new)):
            yield from _changes(left, right, f"{path}.{index}", "", one_sided)
    elif old is None and _is_part(new):
        yield f"{path}: {_text(new)} is new"
    elif new is None and _is_part(old):
        yield f"{path}: {_text(old)} is gone"
    else:
        yield f"{_title(path, kind)} {_text(old)} → {_text(new)}"


def _title(path: str, kind: str) -> str:
    """A field as `SGD.learning_rate`; one of a layer says which layer."""
    owner, _, field = path.rpartition(".")
    if not kind:
        return path
    return f"{kind}.{field}" + (f" ({owner})" if any(part.isdigit() for part in owner.split(".")) else "")


def _is_part(value: YamlValue) -> bool:
    return isinstance(value, Mapping) and "is" in value


def _has_parts(value: YamlValue) -> bool:
    return isinstance(value, list) and all(map(_is_part, value))


def _aligned(old: list[YamlValue], new: list[YamlValue]) -> list[tuple[YamlValue, YamlValue]]:
    """The parts of two lists that belong together, by their classes; None where one has no partner."""
    pairs: list[tuple[YamlValue, YamlValue]] = []
    classes = [[part["is"] for part in side] for side in (old, new)]
    for _, i, i_end, j, j_end in difflib.SequenceMatcher(None, classes[0], classes[1], autojunk=False).get_opcodes():
        pairs += itertools.zip_longest(old[i:i_end], new[j:j_end])
    return pairs


def _text(value: YamlValue) -> str:
    if value is None:
        return UNSET
    if _is_part(value):
        return f"{value['is']}({', '.join(f'{name}={_text(part)}' for name, part in value.items() if name != 'is')})"
    return f"[{', '.join(map(_text, value))}]" if isinstance(value, list) else str(value)
