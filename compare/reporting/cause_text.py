"""Text about causes, in parts of sentences: the fields, the evidence in both directions and what limits it."""

from __future__ import annotations

from typing import Collection, Iterable

from compare.analysis.attribution import Verdict, title
from compare.analysis.behaviours import in_unit
from compare.analysis.causes.cause import Cause, Confirmation
from compare.analysis.causes.questions import Suspect
from compare.analysis.causes.search import UNSEEN
from compare.reporting.field_text import suspect_title
from compare.reporting.keras_code import code_of, layer_code
from frameworks.quirks.rule import PUBLISHED
from scenarios.spec.fields import ABSENT

NEAR_WHOLE = 0.05
"""A share that is this close to the whole difference counts as the whole."""


def listed(names: Iterable[str], last: str = "and") -> str:
    """Joins names as in `a, b and c`; `last` replaces "and"."""
    names = list(names)
    return ", ".join(names[:-1]) + (f" {last} " if names[1:] else "") + names[-1] if names else "nobody"


def fields_text(suspect: Suspect) -> str:
    """Returns a field of the user's own model with its values: with the behaviour, and without it."""
    value, value_without = suspect.values
    if ABSENT in (value, value_without):
        return f"{_on_side(suspect, 0)} as layer {_position(suspect)}"
    return f"{_code(suspect, 0)} instead of {_code(suspect, 1)}"


def fixes_text(verdict: Verdict) -> list[str]:
    """Returns the changes of the user's own model that remove the behaviour, one text per cause.

    If several sets of changes remove it, they are joined by "or". Sets with a framework's default are left out.
    """
    fixes = []
    for cause in verdict.causes:
        sets = [[cause.question.suspect(path) for path in _ordered(cause, chosen)] for chosen in cause.necessary]
        changes = [listed(map(_fix, chosen)) for chosen in sets if all(suspect.own_setting for suspect in chosen)]
        fixes += [listed(changes, "or")] if changes else []
    return list(dict.fromkeys(fixes))


def _fix(suspect: Suspect) -> str:
    value, target = suspect.values
    if value == ABSENT:
        return f"add {layer_code(target)} as layer {_position(suspect)}"
    return f"remove {layer_code(value)} (layer {_position(suspect)})" if target == ABSENT else \
        f"use {_code(suspect, 1)}"


def _code(suspect: Suspect, side: int) -> str:
    """The value of a side as the scenario has it: what a framework leaves to its defaults is no argument."""
    written = suspect.written[side]
    return code_of(suspect.path, suspect.values[side] if written is None else written)


def _position(suspect: Suspect) -> str:
    """The index of a layer that only one side has."""
    return suspect.path.partition(".")[2]


def tried_text(verdict: Verdict) -> list[str]:
    """Returns the results of switching fields on the real frameworks, in both directions, with the numbers.

    Only interventions with the expected result are included; negative controls are left out.
    """
    sufficient: dict[str, list[str]] = {}
    necessary: dict[str, list[str]] = {}
    for cause in verdict.causes:
        for intervention in cause.confirmed:
            if not intervention.holds or intervention.kind == "negative_control":
                continue
            switched, number = switched_text(cause, intervention), number_text(cause, intervention)
            if intervention.kind == "sufficient":
                place = f"in the training {cause.question.contrast}, " if cause.question.contrast else ""
                shown = sufficient.setdefault(f"{place}with {switched}", [])
                text = f"{title(intervention.framework)} ({number})"
            else:
                shown, text = necessary.setdefault(title(intervention.framework), []), f"{switched} ({number})"
            shown += [text] if text not in shown else []
    parts = [f"we tried it: {change}, {listed(names)} show{'s' * (len(names) == 1)} it too"
             for change, names in sufficient.items()]
    return parts + [f"we tried it: with {listed(switched, 'or')}, {name} no longer shows it"
                    for name, switched in necessary.items()]


def limits(verdict: Verdict) -> list[str]:
    """Returns what limits the evidence: interventions that were impossible, inconclusive or contradicted the cause."""
    parts = []
    for cause in verdict.causes:
        parts += [f"{title(intervention.framework)} cannot {_given(cause, intervention)} "
                  f"({intervention.reason.rstrip('.')})" for intervention in cause.confirmed if intervention.reason]
        parts += [f"not known: what {title(intervention.framework)} does with {switched_text(cause, intervention)} "
                  f"({intervention.answer.note})" for intervention in cause.confirmed
                  if intervention.holds is None and not intervention.reason]
    for cause in verdict.unexplained:
        wrong = [intervention for intervention in cause.confirmed if intervention.holds is False]
        parts += [f"we expected {title(intervention.framework)} with {switched_text(cause, intervention)} to do what "
                  f"the NumPy reference does; it did not ({number_text(cause, intervention)})"
                  for intervention in wrong[:1]]
        parts += [] if wrong else [f"not explained: why {title(cause.question.with_behaviour)} and "
                                   f"{title(cause.question.without)} differ"]
    hidden = dict.fromkeys(_name(cause, path) for cause in verdict.causes for path in cause.untestable)
    if hidden:
        parts.append(f"changing {listed(hidden)} moves the losses and accuracies of the training by at most "
                     f"{UNSEEN:.2%}")
    return list(dict.fromkeys(parts))


def _given(cause: Cause, intervention: Confirmation) -> str:
    """What an intervention asks of a framework; a negative control sets its unset fields to its own defaults."""
    return "be given its own defaults as settings" if intervention.kind == "negative_control" else \
        f"be switched to {switched_text(cause, intervention)}"


def shares_text(cause: Cause) -> str:
    """Returns how much of a numeric difference each suspect explains; with several seeds, the range of the shares.

    Empty if there are no shares, or if one is negative or above one: such fields act together, and a share of one alone
    has no meaning.
    """
    parts = []
    for path, shares in cause.shares.items():
        low, high = min(shares), max(shares)
        if low < -NEAR_WHOLE or high > 1 + NEAR_WHOLE:
            return ""
        low, high = max(0.0, low), min(max(0.0, high), 1.0)  # the first of equal numbers: never -0.0
        if f"{high:.0%}" == "0%":
            continue
        share = f"{low:.0%}" if f"{low:.0%}" == f"{high:.0%}" else f"{low:.0%} to {high:.0%}"
        suspect = cause.question.suspect(path)
        layer = f" (layer {path.split('.')[1]})" if path.startswith("layers.") else ""
        name = _on_side(suspect, 0) if suspect.own_setting else f"the {suspect_title(suspect)}{layer}"
        parts.append((name, low, share))
    if len(parts) == 1 and parts[0][1] > 1 - NEAR_WHOLE:
        return f"{parts[0][0]} explains the whole difference"
    return f"of the difference, {listed(f'{share} comes from {name}' for name, _, share in parts)}" if parts else ""


def switched_text(cause: Cause, intervention: Confirmation) -> str:
    """Returns the fields that an intervention switches, with their new values."""
    if intervention.kind == "negative_control":
        return "nothing changed"
    return _switched(cause, intervention.changed, 0 if intervention.kind == "sufficient" else 1)


def _switched(cause: Cause, chosen: Collection[str], side: int) -> str:
    """The chosen suspects with their values on one side: 0 with the behaviour, 1 without it."""
    return listed(_on_side(cause.question.suspect(path), side) for path in _ordered(cause, chosen))


def _on_side(suspect: Suspect, side: int) -> str:
    value, opposite, rule = suspect.values[side], suspect.values[1 - side], suspect.sources[side]
    if value == ABSENT:
        return f"no {layer_code(opposite)}"
    if rule is not None:
        origin = "the NumPy reference" if rule.origin == PUBLISHED else rule.origin
        return f"the {suspect_title(suspect)} as in {origin}"
    return layer_code(value) if opposite == ABSENT else _code(suspect, side)


def number_text(cause: Cause, intervention: Confirmation) -> str:
    """Returns the number that an intervention gave, or the reason why there is none."""
    answer = intervention.answer
    return in_unit(cause.question.behaviour, answer.number) if answer.numbers else answer.note


def _name(cause: Cause, path: str) -> str:
    """A field without its values, or, of the user's own model, the setting with the behaviour."""
    suspect = cause.question.suspect(path)
    return _on_side(suspect, 0) if suspect.own_setting else f"the {suspect_title(suspect)}"


def _ordered(cause: Cause, chosen: Collection[str]) -> list[str]:
    return [path for path in cause.question.active if path in chosen]
