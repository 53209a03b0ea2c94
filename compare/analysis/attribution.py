"""Attributes a behaviour to frameworks or to the user's model, from the answers of the frameworks and the causes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Collection, Mapping, Sequence

from compare.analysis.behaviours import Answer
from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import Suspect, is_without, resolved_spec
from compare.analysis.statistics import unpaired
from frameworks import FRAMEWORKS
from frameworks.environment import Environment, Environments
from frameworks.quirks.resolution import known, quirks
from frameworks.quirks.rule import PUBLISHED, DefaultRule
from frameworks.quirks.rules import WITHOUT_REFERENCE_VALUE
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed


class Attribution(str, Enum):  # a StrEnum, which Python 3.10 does not have
    """What a behaviour is attributed to, where it is not the origins of default rules (`DefaultRule.origin`)."""

    __str__ = str.__str__

    UNIVERSAL = "universal"
    """The NumPy reference and every framework with an answer show it."""
    DEFAULTS_DIFFER = "defaults differ"
    """The frameworks have different defaults, and there is no reference value for the field."""
    YOUR_MODEL = "your model"
    """A setting of the user's own causes it."""
    NOT_IN_THESE_VERSIONS = "not in these versions"
    """No framework of this run shows it, but the weights of one show it by the accuracy rule of other versions."""
    NOT_SHOWN = "not shown here"
    """No framework of this run shows it, also not by the accuracy rule of another version."""
    NOT_REPRODUCED = "not reproduced"
    """The question reports another number, and no Keras of this run shows the behaviour."""
    UNEXPLAINED = "unexplained"
    """There is a difference, and its cause was not found."""
    CHANCE = "can be chance"
    """Each framework drew its own initial weights, and their numbers do not differ by more than such draws do."""
    CANNOT_BE_ASKED = "cannot be asked"
    """It cannot be evaluated: trainings are too short, were refused or are missing."""
    NOTHING_TO_COMPARE = "nothing to compare with"
    """It could be evaluated for one framework only."""


@dataclass(frozen=True)
class Verdict:
    """What a behaviour is attributed to, and why."""

    belongs_to: str
    """An `Attribution`, or the origins of the default rules that cause it, as in `Keras on TensorFlow and Keras`."""
    with_behaviour: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """The frameworks that do not show it, including those that refuse the training or have no value."""
    unanswered: tuple[str, ...] = ()
    """The frameworks for which it could not be evaluated."""
    causes: tuple[Cause, ...] = ()
    """The causes that were found and that no real framework contradicted."""
    suspects: tuple[Suspect, ...] = ()
    """The fields of the causes without mere consequences of other fields; the first value is that of the side with the
    behaviour."""
    unexplained: tuple[Cause, ...] = ()
    """The searches between two frameworks that found no cause, and those that a real framework contradicted."""
    departing: str = ""
    """Where the NumPy reference shows it: the origins that depart from the reference, as in `PyTorch departs`."""
    elsewhere: tuple[DefaultRule, ...] = ()
    """The accuracy rules of other versions by which it is shown, where no framework of this run shows it."""
    cleared: bool = True
    """Whether nothing is unexplained: no search, and no difference of these frameworks in the behaviour's variants."""


def belongs(behaviour: Behaviour, spec: Spec, answers: Mapping[str, Answer], environments: Environments,
            causes: Sequence[Cause], old_rules: Mapping[str, Mapping[str, Answer]]) -> Verdict:
    """Returns the verdict on a behaviour.

    `spec` is the behaviour's first variant, `answers` are by framework, and `causes` are those of this behaviour.
    `old_rules` are the answers by an old rule of accuracy and by framework.
    """
    with_behaviour = tuple(name for name, answer in answers.items() if answer.holds)
    denied = any(answer.holds is False for answer in answers.values())
    without = tuple(name for name, answer in answers.items() if is_without(answer))
    unanswered = tuple(name for name in answers if name not in with_behaviour + without)
    if not with_behaviour:
        counted = [value for value, by_name in old_rules.items() if any(answer.holds for answer in by_name.values())]
        rules = tuple(rule for value in counted for rule in known("Accuracy.rule", value)) if denied else ()
        if not rules and (unanswered or not denied):  # a missing answer is not evidence that the behaviour is absent
            return Verdict(Attribution.CANNOT_BE_ASKED, (), without, unanswered)
        return Verdict(Attribution.NOT_IN_THESE_VERSIONS if rules else Attribution.NOT_SHOWN, (), without, unanswered,
                       elsewhere=rules)
    keras_names = {name for name in answers if environments.get(name, {}).get("framework") == "keras"}
    if behaviour.reported is not None and keras_names & set(without) and not keras_names - set(without):
        return Verdict(Attribution.NOT_REPRODUCED, with_behaviour, without, unanswered)
    accepted = tuple(cause for cause in causes if cause.known and cause.shown is not False)
    between_frameworks = [cause for cause in causes if not cause.question.contrast]
    if between_frameworks and not any(cause in accepted for cause in between_frameworks):
        accepted = ()  # a contrast variant cannot explain a difference between frameworks
    suspects = _fields(accepted, spec, environments)
    if not without:
        kinds = {environments[name]["framework"] for name in with_behaviour}
        attribution = Attribution.UNIVERSAL if "reference" in kinds and kinds != {"reference"} else \
            Attribution.NOTHING_TO_COMPARE
        return Verdict(attribution, with_behaviour, without, unanswered, accepted, suspects)
    failed = tuple(cause for cause in causes if cause not in accepted and (cause.known or not cause.question.contrast))
    if not accepted:
        return Verdict(Attribution.UNEXPLAINED, with_behaviour, without, unanswered, unexplained=failed)
    responsible = [cause for cause in accepted if cause in between_frameworks]
    origin, departing = _responsible([suspect for cause in responsible
                                      for suspect in leading(cause, spec, environments)])
    return Verdict(origin, with_behaviour, without, unanswered, accepted, suspects, failed, departing,
                   cleared=not failed)


def _fields(causes: Sequence[Cause], spec: Spec, environments: Environments) -> tuple[Suspect, ...]:
    """The fields of all causes, without duplicates and without mere consequences of other fields.

    Of equal fields, that between frameworks is kept: the rules behind it are those of the user's model, and not of a
    contrast variant. A setting of the user's own is left out if no change of it removes the behaviour.
    """
    fields: dict[tuple[str, str], Suspect] = {}
    for cause in sorted(causes, key=lambda cause: bool(cause.question.contrast)):
        removing = frozenset().union(*cause.necessary)
        for suspect in leading(cause, spec, environments):
            if not suspect.own_setting or suspect.path in removing:
                fields.setdefault((suspect.path, str(suspect.values)), suspect)
    return tuple(fields.values())


def concluded(verdict: Verdict, variants: Collection[str], unexplained: Collection[tuple[str, str]]) -> Verdict:
    """Returns the verdict with unexplained differences taken into account.

    `unexplained` are pairs (variant, framework). A framework with an unexplained difference in one of `variants` is
    not cleared by the verdict.
    """
    affected = {(variant, name) for variant in variants
                for name in verdict.with_behaviour + verdict.without} & set(unexplained)
    if not affected:
        return verdict
    return replace(verdict, belongs_to=Attribution.UNEXPLAINED) if verdict.belongs_to == Attribution.UNIVERSAL else \
        replace(verdict, cleared=False)


def unless_chance(verdict: Verdict, answers: Mapping[str, Answer]) -> Verdict:
    """Returns the verdict on trainings that began with different initial weights: without a cause, it can be chance.

    It is no chance where the numbers of a framework that shows the behaviour differ from those of one that does not, as
    far as the initializations tell.
    """
    compared = [unpaired(answers[shown].numbers, answers[hidden].numbers, 0.0)
                for shown in verdict.with_behaviour for hidden in verdict.without]
    if verdict.belongs_to != Attribution.UNEXPLAINED or any(test and test.differ for test in compared):
        return verdict
    return replace(verdict, belongs_to=Attribution.CHANCE, unexplained=())


def _responsible(suspects: Sequence[Suspect]) -> tuple[str, str]:
    """(the attribution, the origins that depart where the NumPy reference shows the behaviour) of a cause's fields.

    A field without a reference value names no origin: a default without a published value departs from none.
    """
    defaults = [suspect for suspect in suspects if not suspect.own_setting]
    if not defaults:
        return Attribution.YOUR_MODEL, ""
    defined = [suspect for suspect in defaults if not _without_reference_value(suspect)]
    if not defined:
        return Attribution.DEFAULTS_DIFFER, ""
    with_origins = [rule.origin for suspect in defined if (rule := suspect.sources[0])]
    if PUBLISHED in with_origins:
        names = dict.fromkeys(without.origin for suspect in defined if (without := suspect.sources[1])
                              and suspect.sources[0] and suspect.sources[0].origin == PUBLISHED)
        departing = f"{' and '.join(names)} depart{'s' * (len(names) == 1)}"
        return f"{departing} from the {PUBLISHED}", departing
    return " and ".join(dict.fromkeys(with_origins)), ""


def _without_reference_value(suspect: Suspect) -> bool:
    """Whether a field is a default for which there is no reference value."""
    rule = suspect.sources[0] or suspect.sources[1]
    return rule is not None and rule.field in WITHOUT_REFERENCE_VALUE


def neighbours(specs: Sequence[Spec], environments: Environments, init: str) -> dict[str, str]:
    """Maps each current framework that was not run to a framework of the run that resolves all specs alike, or to "".

    The results of a framework that was not run are not predicted from single default rules, because a behaviour
    depends on all settings together.
    """
    result = {}
    for name, framework in FRAMEWORKS.items():
        if name in environments or framework.realization == "reference" or framework.environment:
            continue
        expected = _resolved(specs, {"framework": framework.realization, "series": framework.series,
                                     "backend": framework.backend or framework.realization}, init)
        result[name] = next((run_name for run_name, side in environments.items() if expected is not None and
                             side["framework"] == framework.realization and
                             expected == _resolved(specs, side, init)), "")
    return result


def _resolved(specs: Sequence[Spec], side: Environment, init: str) -> list[Spec] | None:
    """The specs as an environment resolves them; None where a default rule is missing."""
    try:
        return [resolved_spec(spec, side, init) for spec in specs]
    except SpecError:
        return None


def title(name: str) -> str:
    """Returns the display name of a framework."""
    return FRAMEWORKS[name].title


def leading(cause: Cause, spec: Spec, environments: Environments) -> list[Suspect]:
    """Returns the fields of a cause, without mere consequences of other fields."""
    question = cause.question
    return without_consequences([question.suspect(path) for path in cause.paths], spec,
                                environments[question.with_behaviour], environments[question.without])


def without_consequences(suspects: Sequence[Suspect], spec: Spec, left: Environment,
                         right: Environment) -> list[Suspect]:
    """Returns the fields without those that stop differing as soon as another field has the other side's value.

    Keras on TensorFlow computes the loss from logits, and therefore neither normalizes the rows nor clips: only the
    first of these fields is kept.
    """
    differing = _differing(spec, left, right) & {suspect.path for suspect in suspects}
    consequences: set[str] = set()
    for suspect in suspects:
        if None not in suspect.sources and suspect.path in differing:  # not a field of another variant only
            switched = changed(spec, {suspect.path: suspect.values[1]})
            consequences |= differing - _differing(switched, left, right) - {suspect.path}
    return [suspect for suspect in suspects if suspect.path not in consequences]


def _differing(spec: Spec, left: Environment, right: Environment) -> set[str]:
    """The paths of the unset fields that two environments resolve differently."""
    return {difference.path for difference in quirks(spec, left, right)}
