"""Belongs to: who is responsible for a behaviour, computed from who shows it and from what was found to cause it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Collection, Mapping, Sequence

from compare.analysis.behaviours import Answer
from compare.analysis.causes.questions import Environments, Suspect, closed, is_without
from compare.analysis.causes.search import Cause
from frameworks import FRAMEWORKS
from frameworks.quirks.resolution import DefaultRule, known, quirks
from frameworks.quirks.rules import WITHOUT_REFERENCE_VALUE
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed


class Attribution(StrEnum):
    """Whose behaviour it is, where it is not that of the origins of default rules (`DefaultRule.origin`)."""

    UNIVERSAL = "universal"
    """Every framework shows it, and so does the NumPy reference."""
    DEFAULTS_DIFFER = "defaults differ"
    """Frameworks have other defaults, and no textbook has a value."""
    YOUR_MODEL = "your model"
    """A setting of the user's own makes it."""
    NOT_IN_THESE_VERSIONS = "not in these versions"
    """No framework of this run shows it, and a rule says that another version does."""
    NOT_SHOWN = "not shown here"
    """No framework of this run shows it, and no rule is known by which another version would."""
    NOT_REPRODUCED = "not reproduced"
    """The question reports another number, and no Keras of this run shows it."""
    UNEXPLAINED = "unexplained"
    """A difference whose cause was not found."""
    CANNOT_BE_ASKED = "cannot be asked"
    """Trainings are too short, were refused or are missing."""
    NOTHING_TO_COMPARE = "nothing to compare with"
    """Only one framework could be asked."""



@dataclass(frozen=True)
class Verdict:
    """Whose behaviour it is."""

    belongs_to: str
    """An `Attribution`, or the origins of the rules of its causes, as in `Keras on TensorFlow and Keras`."""
    with_behaviour: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
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
    with_behaviour = tuple(name for name, answer in answers.items() if answer.holds)
    denied = any(answer.holds is False for answer in answers.values())
    without = tuple(name for name, answer in answers.items() if is_without(answer))
    unasked = tuple(name for name in answers if name not in with_behaviour + without)
    if not with_behaviour:
        rows = tuple(row for rule in behaviour.old_rules for row in known("Accuracy.rule", rule)) if denied else ()
        if not rows and (unasked or not denied):  # no answer is not a no
            return Verdict(Attribution.CANNOT_BE_ASKED, (), without, unasked)
        return Verdict(Attribution.NOT_IN_THESE_VERSIONS if rows else Attribution.NOT_SHOWN, (), without, unasked,
                       elsewhere=rows)
    of_keras = {name for name in answers if environments.get(name, {}).get("framework") == "keras"}
    if behaviour.reported is not None and of_keras & set(without) and not of_keras - set(without):
        return Verdict(Attribution.NOT_REPRODUCED, with_behaviour, without, unasked)
    proven = tuple(cause for cause in causes if cause.found and cause.shown is not False)
    between = [cause for cause in causes if not cause.question.contrast]
    if between and not any(cause in proven for cause in between):  # a contrast variant explains no difference of these
        proven = ()
    suspects = _fields(proven, spec, environments)
    if not without:
        kinds = {environments[name]["framework"] for name in with_behaviour}
        whose = Attribution.UNIVERSAL if "reference" in kinds and kinds != {"reference"} else \
            Attribution.NOTHING_TO_COMPARE
        return Verdict(whose, with_behaviour, without, unasked, proven, suspects)
    failed = tuple(cause for cause in causes if cause not in proven and cause.question.without in without)
    if not proven:
        return Verdict(Attribution.UNEXPLAINED, with_behaviour, without, unasked, unexplained=failed)
    origin, departing = _responsible(_fields([cause for cause in proven if cause in between], spec, environments))
    return Verdict(origin, with_behaviour, without, unasked, proven, suspects, failed, departing)


def _fields(causes: Sequence[Cause], spec: Spec, environments: Environments) -> tuple[Suspect, ...]:
    """The fields of causes that do not only follow from another one, each once."""
    return tuple({(suspect.path, str(suspect.values)): suspect for cause in causes
                  for suspect in leading(cause, spec, environments)}.values())


def concluded(verdict: Verdict, variants: Collection[str], unexplained: Collection[tuple[str, str]]) -> Verdict:
    """The verdict beside everything else that was found: who does something unexplained is not cleared by it."""
    mine = {(variant, name) for variant in variants
            for name in verdict.with_behaviour + verdict.without} & set(unexplained)
    if not mine:
        return verdict
    return replace(verdict, belongs_to=Attribution.UNEXPLAINED) if verdict.belongs_to == Attribution.UNIVERSAL else \
        replace(verdict, cleared=False)


def _responsible(suspects: Sequence[Suspect]) -> tuple[str, str]:
    """(whose it is, who departs where the textbook shows it) of the fields of a cause."""
    theirs = [suspect for suspect in suspects if not suspect.own_setting]
    if not theirs:
        return Attribution.YOUR_MODEL, ""
    if all(_without_reference_value(suspect) for suspect in theirs):
        return Attribution.DEFAULTS_DIFFER, ""
    layers, others = ([sources.origin for suspect in theirs if (sources := suspect.sources[side])] for side in (0, 1))
    if "textbook" in layers:
        names = dict.fromkeys(others)
        departing = f"{' and '.join(names)} depart{'s' * (len(names) == 1)}"
        return f"textbook; {departing}", departing
    return " and ".join(dict.fromkeys(layers)), ""


def _without_reference_value(suspect: Suspect) -> bool:
    """Whether a field is a default for which no textbook has a value."""
    row = suspect.sources[0] or suspect.sources[1]
    return row is not None and row.field in WITHOUT_REFERENCE_VALUE


def neighbours(specs: Sequence[Spec], environments: Environments, init: str) -> dict[str, str]:
    """Each framework of today that was not run, and one of those that were which resolves all specs alike, or nothing.

    What a framework does that was not run is not concluded from rules: a behaviour follows from all settings together.
    """
    found = {}
    for name, framework in FRAMEWORKS.items():
        if name in environments or framework.realization == "reference" or framework.environment:
            continue
        own = _resolved(specs, {"framework": framework.realization, "series": framework.series,
                                "backend": framework.backend or framework.realization}, init)
        found[name] = next((other for other, side in environments.items() if own is not None and
                            side["framework"] == framework.realization and own == _resolved(specs, side, init)), "")
    return found


def _resolved(specs: Sequence[Spec], side: Mapping[str, Any], init: str) -> list[Spec] | None:
    """The specs as an environment closes them; None where a rule is missing."""
    try:
        return [closed(spec, side, init) for spec in specs]
    except SpecError:
        return None


def title(name: str) -> str:
    """A framework as the words call it."""
    return FRAMEWORKS[name].title


def leading(cause: Cause, spec: Spec, environments: Environments) -> list[Suspect]:
    """The fields of a cause that do not only follow from another one."""
    question = cause.question
    return without_consequences([question.suspect(path) for path in cause.paths], spec,
                                environments[question.with_behaviour], environments[question.without])


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
