"""What was found of causes, in parts of sentences: the fields, the proof both ways, and what could not be shown."""

from __future__ import annotations

import dataclasses
from typing import Collection, Iterable

from compare.analysis.attribution import Verdict, title
from compare.analysis.behaviours import told
from compare.analysis.causes.questions import Suspect
from compare.analysis.causes.search import Cause, Confirmation
from scenarios.spec.fields import ABSENT


def listed(names: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    names = list(names)
    return ", ".join(names[:-1]) + (f" {last} " if names[1:] else "") + names[-1] if names else "nobody"


def fields_text(suspect: Suspect) -> str:
    """A field of the user's own model, as it is where the behaviour is shown and as it is where it is gone."""
    value, other = suspect.values
    if ABSENT in (value, other):
        return f"{_on_side(suspect, 0)} ({suspect.path})"
    return f"{suspect.path} = {value_text(value)} instead of {value_text(other)}"


def fixes_text(verdict: Verdict) -> list[str]:
    """What to write instead in the user's own model: one of the sets that remove it, where any of several does."""
    found = []
    for cause in verdict.causes:
        sets = [[cause.question.suspect(path) for path in _ordered(cause, chosen)] for chosen in cause.necessary]
        own = [listed(map(_fix, chosen)) for chosen in sets if all(suspect.own_setting for suspect in chosen)]
        found += [listed(own, "or")] if own else []
    return list(dict.fromkeys(found))


def _fix(suspect: Suspect) -> str:
    value, other = suspect.values
    if value == ABSENT:
        return f"put {value_text(other)} into {suspect.path}"
    return f"leave out {value_text(value)} ({suspect.path})" if other == ABSENT else code_of(suspect.path, other)


def code_of(path: str, value: object) -> str:
    """A field's value as one writes it in a Keras program; as the field itself where it is no single argument there."""
    field = path.rpartition(".")[2]
    if path == "data.divisor":
        return f"`x = x / {value_text(value)}`"
    if field == "function" and isinstance(value, str):
        return f'`activation="{value}"`'
    if path.startswith(("optimizer.", "training.")) and not dataclasses.is_dataclass(value):
        return f"`{field}={value_text(value)}`"
    return f"{path} = {value_text(value)}"


def proof(verdict: Verdict) -> list[str]:
    """What switching showed on the real frameworks, both ways, with the numbers; none where it could not be seen."""
    sufficient: dict[str, list[str]] = {}
    necessary: dict[str, list[str]] = {}
    for cause in verdict.causes:
        for one in (one for one in cause.confirmed if one.holds and one.kind != "negative_control"):
            switched = _switched(cause, one.changed, 0 if one.kind == "sufficient" else 1)
            where = sufficient.setdefault(switched, []) if one.kind == "sufficient" else \
                necessary.setdefault(title(one.framework), [])
            role = f"{title(one.framework)} ({number_text(cause, one)})" if one.kind == "sufficient" else \
                f"{switched} ({number_text(cause, one)})"
            where += [role] if role not in where else []
    parts = [f"we tried it: with {switched}, {listed(names)} show{'s' * (len(names) == 1)} it too"
             for switched, names in sufficient.items()]
    return parts + [f"we tried it: with {listed(switched, 'or')}, {name} no longer does"
                    for name, switched in necessary.items()]


def limits(verdict: Verdict) -> list[str]:
    """What of the proofs could not be asked, was contradicted, or could not be seen in this scenario."""
    parts = []
    for cause in verdict.causes:
        parts += [f"{title(one.framework)} cannot be switched to {switched_text(cause, one)} "
                  f"({one.reason.rstrip('.')})" for one in cause.confirmed if one.reason]
        parts += [f"not known: what {title(one.framework)} does with {switched_text(cause, one)} ({one.answer.reason})"
                  for one in cause.confirmed if one.holds is None and not one.reason]
    for cause in verdict.unexplained:
        wrong = [one for one in cause.confirmed if one.holds is False]
        parts += [f"we expected {title(one.framework)} with {switched_text(cause, one)} to do what the NumPy reference "
                  f"does; it did not ({number_text(cause, one)})" for one in wrong[:1]]
        parts += [] if wrong else [f"not explained: why {title(cause.question.with_behaviour)} and "
                                   f"{title(cause.question.without)} differ"]
    hidden = dict.fromkeys(_short(cause, path) for cause in verdict.causes for path in cause.untestable)
    if hidden:
        parts.append(f"{listed(hidden)} make{'s' * (len(hidden) == 1)} no measurable difference here")
    return list(dict.fromkeys(parts))


def shares_text(cause: Cause) -> str:
    """The parts of a numeric gap by suspect, in percent; their range over the starts where there are several."""
    parts = []
    for path, shares in cause.shares.items():
        low, high = min(shares), max(shares)
        share_text = f"{low:.0%}" if len(shares) == 1 else f"{low:.0%} to {high:.0%}"
        parts.append(f"{_short(cause, path)} {share_text}")
    return listed(parts) if parts else ""


def switched_text(cause: Cause, one: Confirmation) -> str:
    """What an intervention switches, as its fields are then."""
    if one.kind == "negative_control":
        return "nothing changed"
    return _switched(cause, one.changed, 0 if one.kind == "sufficient" else 1)


def _switched(cause: Cause, chosen: Collection[str], side: int) -> str:
    """The suspects of a set as they are on one side: 0, where the behaviour is shown, or 1, where it is not."""
    return listed(_on_side(cause.question.suspect(path), side) for path in _ordered(cause, chosen))


def _on_side(suspect: Suspect, side: int) -> str:
    value, other, source = suspect.values[side], suspect.values[1 - side], suspect.sources[side]
    if value == ABSENT:
        return f"no {value_text(other)}"
    if source is not None:
        whose = "the textbook" if source.origin == "textbook" else source.origin
        return f"{whose}'s {suspect.path}"
    return value_text(value) if other == ABSENT else f"{suspect.path} = {value_text(value)}"


def number_text(cause: Cause, one: Confirmation) -> str:
    """The number that an intervention gave, or why there is none."""
    return told(cause.question.behaviour, one.answer.number) if one.answer.numbers else one.answer.reason


def _short(cause: Cause, path: str) -> str:
    return _on_side(cause.question.suspect(path), 0)


def _ordered(cause: Cause, chosen: Collection[str]) -> list[str]:
    return [path for path in cause.question.active if path in chosen]


def value_text(value: object) -> str:
    """A value as one writes it in a spec, without what is open or as it is by default."""
    if not dataclasses.is_dataclass(value):
        return f"{value:g}" if isinstance(value, float) else str(value)
    given = [str(getattr(value, field.name)) for field in dataclasses.fields(value)
             if getattr(value, field.name) is not None and getattr(value, field.name) != field.default]
    return f"{type(value).__name__}({', '.join(given)})"
