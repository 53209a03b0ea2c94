"""What was found of causes, in parts of sentences: the fields, the proof both ways, and what could not be shown."""

from __future__ import annotations

import dataclasses
from typing import Collection, Iterable

from compare.behaviours import told
from compare.causes import Cause, Confirmation
from compare.questions import Suspect
from compare.search import Chosen
from compare.verdict import Verdict, title
from scenarios.fields import ABSENT


def listed(names: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    names = list(names)
    return ", ".join(names[:-1]) + (f" {last} " if names[1:] else "") + names[-1] if names else "nobody"


def fields_told(suspect: Suspect) -> str:
    """A field of the user's own model, as it is where the behaviour is shown and as it is where it is gone."""
    value, other = suspect.values
    if value == ABSENT:
        return f"no {_value(other)} ({suspect.path})"
    if other == ABSENT:
        return f"a {_value(value)} ({suspect.path})"
    return f"{suspect.path} = {_value(value)} instead of {_value(other)}"


def remedy_told(suspect: Suspect) -> str:
    """What to write instead of a field of the user's own model."""
    value, other = suspect.values
    if value == ABSENT:
        return f"put {_value(other)} into {suspect.path}"
    return f"leave out {_value(value)} ({suspect.path})" if other == ABSENT else f"{suspect.path} = {_value(other)}"


def proof(cause: Cause) -> str:
    """What adding and removing showed on the real frameworks, with the numbers; nothing where neither could be seen."""
    parts = []
    for kind, says in (("adding", "shows it"), ("removing", "no longer does")):
        for one in (one for one in cause.confirmed if one.kind == kind and one.holds):
            what = _changed(cause, one, kind == "adding")
            parts.append(f"with {what} {title(one.framework)} {says}{_number(cause, one)}")
            break
    return "shown by switching it: " + ", and ".join(parts) if parts else ""


def together(cause: Cause) -> str:
    """Which fields act together, where it is not one alone."""
    def sets(chosen: Collection[Chosen]) -> str:
        return listed([" with ".join(_short(cause, path) for path in _ordered(cause, one)) for one in chosen], "or")

    parts = []
    if max(map(len, cause.adding)) > 1 or len(cause.adding) > 1:
        parts.append(f"it takes {sets(cause.adding)}")
    if max(map(len, cause.removing)) > 1 or len(cause.removing) > 1:
        parts.append(f"it is gone without {sets(cause.removing)}")
    return ", and ".join(parts)


def limits(verdict: Verdict) -> list[str]:
    """What of the proofs could not be asked, was contradicted, or could not be seen in this scenario."""
    parts = []
    for cause in verdict.causes:
        parts += [f"that {_kind(cause, one)} is not applicable with {title(one.framework)} ({one.reason.rstrip('.')})"
                  for one in cause.confirmed if one.reason]
        parts += [f"whether {_kind(cause, one)} does the same on {title(one.framework)} "
                  f"({one.answer.reason or 'too close to call'})"
                  for one in cause.confirmed if one.holds is None and not one.reason]
    for cause in verdict.unexplained:
        wrong = [one for one in cause.confirmed if one.holds is False]
        parts += [f"{_kind(cause, one)} did not do on {title(one.framework)} what it does in the textbook"
                  for one in wrong[:1]]
    hidden = dict.fromkeys(_short(cause, path) for cause in verdict.causes for path in cause.untestable)
    if hidden:
        parts.append(f"{listed(hidden)} {'is' if len(hidden) == 1 else 'are'} not testable here: nothing that was "
                     "recorded moves with it")
    return list(dict.fromkeys(parts))


def shares_told(cause: Cause) -> str:
    """The parts of a numeric gap by suspect, in percent; their range over the starts where there are several."""
    parts = []
    for path, shares in cause.shares.items():
        low, high = min(shares), max(shares)
        told_share = f"{low:.0%}" if len(shares) == 1 else f"{low:.0%} to {high:.0%}"
        parts.append(f"{_short(cause, path)} {told_share}")
    return listed(parts) if parts else ""


def _kind(cause: Cause, one: Confirmation) -> str:
    if one.kind == "sham":
        return "closing all fields as they are"
    return f"{'adding' if one.kind == 'adding' else 'removing'} " + \
        " with ".join(_short(cause, path) for path in _ordered(cause, one.changed))


def _changed(cause: Cause, one: Confirmation, adding: bool) -> str:
    side = 0 if adding else 1
    return " and ".join(f"{path} = {_value(cause.question.suspect(path).values[side])}"
                        for path in _ordered(cause, one.changed))


def _number(cause: Cause, one: Confirmation) -> str:
    numbers = one.answer.numbers
    return f" ({told(cause.question.behaviour, one.answer.number)})" if numbers else f" ({one.answer.reason})"


def _short(cause: Cause, path: str) -> str:
    suspect = cause.question.suspect(path)
    value = suspect.values[0]
    return f"no {_value(suspect.values[1])}" if value == ABSENT else \
        _value(value) if suspect.values[1] == ABSENT else f"{path} = {_value(value)}"


def _ordered(cause: Cause, chosen: Collection[str]) -> list[str]:
    return [path for path in cause.question.active if path in chosen]


def _value(value: object) -> str:
    """A value as one writes it in a spec, without what is open or as it is by default."""
    if not dataclasses.is_dataclass(value):
        return f"{value:g}" if isinstance(value, float) else str(value)
    given = [str(getattr(value, field.name)) for field in dataclasses.fields(value)
             if getattr(value, field.name) is not None and getattr(value, field.name) != field.default]
    return f"{type(value).__name__}({', '.join(given)})"
