"""Belongs to: who is responsible for a behaviour, computed from who shows it and from what was found to cause it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Collection, Mapping, Sequence

from compare.analysis.behaviours import Answer
from compare.analysis.causes.questions import Environments, Suspect, closed, lacks
from compare.analysis.causes.search import Cause
from frameworks import FRAMEWORKS
from frameworks.quirks.resolution import DefaultRule, known, quirks
from frameworks.quirks.rules import NO_TEXTBOOK
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed

UNIVERSAL, ELSEWHERE, NOBODY = "universal", "not in these versions", "nobody here"
NOT_REPRODUCED = "not reproduced"
UNEXPLAINED, UNASKED, UNCOMPARED = "unexplained", "cannot be asked", "nobody to compare with"
DEFAULTS, YOURS = "defaults differ", "yours"


@dataclass(frozen=True)
class Verdict:
    """Whose behaviour it is."""

    belongs_to: str
    """Layers, `yours`, `defaults differ`, `universal`, `not in these versions`, `nobody here`, `unexplained`, …"""
    showing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Those that do not show it, also because they refuse or have no value."""
    unasked: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    """Those that were found and not contradicted by a real framework."""
    suspects: tuple[Suspect, ...] = ()
    """The fields of the causes that do not only follow from another one, the showing side's value first."""
    unexplained: tuple[Cause, ...] = ()
    """Pairs of frameworks of which no cause was found, or of which a real framework contradicted it."""
    departing: str = ""
    """Where the textbook shows it: whose doing it is that others do not, as in `PyTorch departs`."""
    elsewhere: tuple[DefaultRule, ...] = ()
    """Where the table knows it, where nobody of this run shows it."""
    cleared: bool = True
    """Whether nothing unexplained was found of these frameworks in the behaviour's variants."""


def belongs(behaviour: Behaviour, spec: Spec, answers: Mapping[str, Answer], environments: Environments,
            causes: Sequence[Cause]) -> Verdict:
    """The verdict on a behaviour whose first variant is `spec`, from the answers by framework and the causes."""
    showing = tuple(name for name, answer in answers.items() if answer.holds)
    denied = any(answer.holds is False for answer in answers.values())
    missing = tuple(name for name, answer in answers.items() if lacks(answer))
    unasked = tuple(name for name in answers if name not in showing + missing)
    if not showing:
        rows = tuple(row for rule in behaviour.old_rules for row in known("Accuracy.rule", rule)) if denied else ()
        if not rows and (unasked or not denied):  # no answer is not a no
            return Verdict(UNASKED, (), missing, unasked)
        return Verdict(ELSEWHERE if rows else NOBODY, (), missing, unasked, elsewhere=rows)
    of_keras = {name for name in answers if environments.get(name, {}).get("framework") == "keras"}
    if behaviour.asked is not None and of_keras & set(missing) and not of_keras - set(missing):
        return Verdict(NOT_REPRODUCED, showing, missing, unasked)
    proven = tuple(cause for cause in causes if cause.found and cause.shown is not False)
    between = [cause for cause in causes if not cause.question.against]
    if between and not any(cause in proven for cause in between):  # a contrast variant explains no difference of these
        proven = ()
    suspects = _fields(proven, spec, environments)
    if not missing:
        kinds = {environments[name]["framework"] for name in showing}
        whose = UNIVERSAL if "reference" in kinds and kinds != {"reference"} else UNCOMPARED
        return Verdict(whose, showing, missing, unasked, proven, suspects)
    failed = tuple(cause for cause in causes if cause not in proven and cause.question.missing in missing)
    if not proven:
        return Verdict(UNEXPLAINED, showing, missing, unasked, unexplained=failed)
    whose, departing = _responsible(_fields([cause for cause in proven if cause in between], spec, environments))
    return Verdict(whose, showing, missing, unasked, proven, suspects, failed, departing)


def _fields(causes: Sequence[Cause], spec: Spec, environments: Environments) -> tuple[Suspect, ...]:
    """The fields of causes that do not only follow from another one, each once."""
    return tuple({(suspect.path, str(suspect.values)): suspect for cause in causes
                  for suspect in leading(cause, spec, environments)}.values())


def concluded(verdict: Verdict, variants: Collection[str], unexplained: Collection[tuple[str, str]]) -> Verdict:
    """The verdict beside everything else that was found: who does something unexplained is not cleared by it."""
    mine = {(variant, name) for variant in variants for name in verdict.showing + verdict.missing} & set(unexplained)
    return replace(verdict, belongs_to=UNEXPLAINED) if mine and verdict.belongs_to == UNIVERSAL else \
        replace(verdict, cleared=False) if mine else verdict


def _responsible(suspects: Sequence[Suspect]) -> tuple[str, str]:
    """(whose it is, who departs where the textbook shows it) of the fields of a cause."""
    theirs = [suspect for suspect in suspects if not suspect.yours]
    if not theirs:
        return YOURS, ""
    if all(_without_a_textbook(suspect) for suspect in theirs):
        return DEFAULTS, ""
    layers, others = ([sources.origin for suspect in theirs if (sources := suspect.sources[side])] for side in (0, 1))
    if "textbook" in layers:
        names = dict.fromkeys(others)
        departing = f"{' and '.join(names)} depart{'s' * (len(names) == 1)}"
        return f"textbook; {departing}", departing
    return " and ".join(dict.fromkeys(layers)), ""


def _without_a_textbook(suspect: Suspect) -> bool:
    """Whether a field is a default for which no textbook has a value."""
    row = suspect.sources[0] or suspect.sources[1]
    return row is not None and row.field in NO_TEXTBOOK


def neighbours(specs: Sequence[Spec], environments: Environments, start: str) -> dict[str, str]:
    """Each framework of today that was not run, and one of those that were which resolves all specs alike, or nothing.

    What a framework does that was not run is not concluded from rules: a behaviour follows from all settings together.
    """
    found = {}
    for name, framework in FRAMEWORKS.items():
        if name in environments or framework.realization == "reference" or framework.environment:
            continue
        own = _resolved(specs, {"framework": framework.realization, "series": framework.series,
                                "backend": framework.backend or framework.realization}, start)
        found[name] = next((other for other, side in environments.items() if own is not None and
                            side["framework"] == framework.realization and own == _resolved(specs, side, start)), "")
    return found


def _resolved(specs: Sequence[Spec], side: Mapping[str, Any], start: str) -> list[Spec] | None:
    """The specs as an environment closes them; None where a rule is missing."""
    try:
        return [closed(spec, side, start) for spec in specs]
    except SpecError:
        return None


def title(name: str) -> str:
    """A framework as the words call it."""
    return FRAMEWORKS[name].title


def leading(cause: Cause, spec: Spec, environments: Environments) -> list[Suspect]:
    """The fields of a cause that do not only follow from another one."""
    question = cause.question
    return without_consequences([question.suspect(path) for path in cause.paths], spec,
                                environments[question.showing], environments[question.missing])


def without_consequences(suspects: Sequence[Suspect], spec: Spec, one: Mapping[str, Any],
                         other: Mapping[str, Any]) -> list[Suspect]:
    """Fields without those that differ no more as soon as another one is as on the other side.

    Keras on TensorFlow takes a loss of the logits, and so neither divides rows nor clips: the first is the reason.
    """
    differing = _differing(spec, one, other) & {suspect.path for suspect in suspects}
    gone: set[str] = set()
    for suspect in suspects:
        if suspect.sources[0] is not None and suspect.sources[1] is not None:
            closed = changed(spec, {suspect.path: suspect.values[1]})
            gone |= differing - _differing(closed, one, other) - {suspect.path}
    return [suspect for suspect in suspects if suspect.path not in gone]


def _differing(spec: Spec, one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """The paths of the unset fields that two environments resolve differently."""
    return {difference.path for difference in quirks(spec, one, other)}
