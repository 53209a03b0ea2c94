"""Questions: two resolved specs, one with a behaviour and one without it, and the fields in which they differ.

A question about frameworks compares one variant as two environments resolve it. A question about the user's model
compares a variant that has the behaviour with a contrast variant that does not. Where a scenario names such a variant
and frameworks differ too, one question covers both.
"""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from typing import Any, Collection, Iterable, Iterator, Mapping

from compare.analysis.behaviours import Answer
from compare.analysis.causes.stages_of_fields import of_path, stage_of
from compare.analysis.reasons import ReasonKind
from compare.execution.initialization import REFERENCE
from compare.execution.trials import RECORDINGS, Trial
from frameworks.environment import Environment, Environments
from frameworks.parts.metrics import METRICS
from frameworks.quirks.resolution import resolved, value_of
from frameworks.quirks.rule import STAGES, DefaultRule
from frameworks.quirks.rules import STAGE_OF
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec
from scenarios.spec.fields import changed, differences, fields, mixed, value_at

INITIALIZED = ("Dense.kernel", "Dense.bias", "Conv2D.kernel", "Conv2D.bias", "Training.shuffle")
"""Fields that a shared initialization decides for all frameworks."""
WITHOUT_A_VALUE = (ReasonKind.REFUSED, ReasonKind.UNDEFINED)
"""Reasons of a framework that does not complete a training, so that it does not show what others show."""
MEASURED = ("accuracy", *METRICS.values())
ACTS_ON = {"accuracy": ("the accuracy", MEASURED), "metrics": ("the accuracy", MEASURED),
           "loss": ("the accuracy", MEASURED), "training.sample_weight": ("the accuracy", MEASURED),
           "training.printed_rate": ("the printed learning rate", ("train/learning_rate",)),
           "training": ("the loss reported for an epoch", ("train/loss",))}
"""What fields of the stage `metric` act on, in words and as ends of array names, by the beginning of their path."""
LENGTH = ("training.epochs", "training.validate", "metrics")
"""The length of a training, and what is measured in it: the same for both sides of a question."""


@dataclass(frozen=True)
class Suspect:
    """A field in which the two sides of a question differ."""

    path: str
    values: tuple[Any, Any]
    """(the value on the side with the behaviour, the value on the side without)."""
    stage: str
    sources: tuple[DefaultRule | None, DefaultRule | None] = (None, None)
    """The default rules of both sides, where the field is unset; None where the user has set it."""
    inactive: str = ""
    """Why the field can have no effect and is not searched, or an empty string."""
    written: tuple[Any, Any] = (None, None)
    """Values with several fields as the scenario has them, not resolved; None for other values."""

    @property
    def own_setting(self) -> bool:
        """Whether the user has set the field, in the reported model or in the contrast variant."""
        return None in self.sources


@dataclass(frozen=True)
class Question:
    """The question of why a behaviour is shown on one side and not on the other."""

    behaviour: Behaviour
    with_behaviour: str
    """The framework of the side with the behaviour."""
    without: str
    """The framework of the side without it; the same one where only variants differ."""
    contrast: str
    """The contrast variant of the side without, or an empty string where both sides have the behaviour's variants."""
    ends: tuple[tuple[Spec, Spec], ...]
    """For each of the behaviour's variants, the resolved specs (without, with)."""
    suspects: tuple[Suspect, ...]
    looked_at: tuple[str, ...]
    """The recordings that the behaviour reads besides the reported metrics, of `trials.RECORDINGS`."""
    without_value: ReasonKind | None = None
    """Why the trainings of the side without have no value, if they have none: one of `WITHOUT_A_VALUE`."""

    @property
    def active(self) -> tuple[str, ...]:
        """The paths that are searched, earliest stage first."""
        return tuple(suspect.path for suspect in self.suspects if not suspect.inactive)

    def suspect(self, path: str) -> Suspect:
        """Returns the suspect of this path. Raises KeyError if there is none."""
        return {suspect.path: suspect for suspect in self.suspects}[path]

    def shown(self, answer: Answer) -> bool | None:
        """Returns whether an answer to this question shows the behaviour; None where that is undecided.

        A training without a value does not show it only if the trainings of the side without end in the same way.
        """
        alike = self.without_value is not None and _without_value(answer) is self.without_value
        return False if alike else answer.holds

    def specs(self, chosen: Collection[str], framework: str = "") -> tuple[Spec, ...]:
        """Returns the behaviour's variants, in which the suspects `chosen` have the values of the side with it.

        All others have those of the side without; but suspects that are not searched have those of `framework`, which
        may not support others, if it is the side with the behaviour. Raises SpecError if such a spec is impossible.
        """
        own = {suspect.path for suspect in self.suspects if suspect.inactive and framework == self.with_behaviour}
        return tuple(mixed(without, shown, {*chosen, *own}) for without, shown in self.ends)


def questions(scenario: Scenario, answers: Mapping[str, Mapping[str, Answer]], environments: Environments, init: str,
              read: Mapping[str, set[str]]) -> list[Question]:
    """Returns the questions that the answers of a run raise.

    `answers` are by behaviour name and framework; `read` has the names of the arrays that each behaviour reads.
    """
    raised = []
    for behaviour in scenario.behaviours:
        by_framework = {name: answer for name, answer in answers[behaviour.name].items() if name in environments}
        with_behaviour = [name for name, answer in by_framework.items() if answer.holds]
        without = [name for name, answer in by_framework.items() if is_without(answer)]
        sides = [(shown_by, hidden_by) for shown_by in with_behaviour for hidden_by in without]
        sides = sides or [(name, name) for name in with_behaviour[:1]]
        for contrast in ("", *behaviour.contrast_variants):  # "": the same variant on both sides
            raised += [between(scenario, behaviour, shown_by, hidden_by, environments, init, read[behaviour.name],
                               contrast, _without_value(by_framework[hidden_by]))
                       for shown_by, hidden_by in sides if contrast or shown_by != hidden_by]
    return raised


def is_without(answer: Answer) -> bool:
    """Returns whether a framework does not show a behaviour, also because it refuses the training or has no value."""
    return answer.holds is False or _without_value(answer) is not None


def _without_value(answer: Answer) -> ReasonKind | None:
    """Why the trainings behind an answer have no value, if they have none."""
    kind = answer.reason.kind if answer.reason is not None and answer.holds is None else None
    return kind if kind in WITHOUT_A_VALUE else None


def resolved_spec(spec: Spec, environment: Environment, init: str) -> Spec:
    """Returns the spec as an environment resolves it. Raises SpecError where a default rule is missing.

    With `init="shared"`, fields that the shared initialization decides get the reference's values, because the
    reference draws it.
    """
    return _with_values(spec, resolved(spec, environment), init)


def _with_values(spec: Spec, rules: Mapping[str, DefaultRule], init: str) -> Spec:
    values = {path: value_of(rule.field, spec, REFERENCE).value if init == "shared" and rule.field in INITIALIZED
              else rule.value for path, rule in rules.items()}
    return changed(spec, values)


def between(scenario: Scenario, behaviour: Behaviour, with_behaviour: str, without: str, environments: Environments,
            init: str, read: set[str], contrast: str = "", without_value: ReasonKind | None = None) -> Question:
    """Returns the question of why the framework `with_behaviour` shows a behaviour and `without` does not.

    `read` are the names of the arrays that the behaviour's measure reads. `contrast` is a variant without the
    behaviour, or empty. `without_value` is why the trainings of the side without have no loss at all, if so.
    """
    specs = [scenario.variant(name).spec for name in behaviour.variants]
    pairs = _contrasted(specs, scenario.variant(contrast).spec) if contrast else zip(specs, specs)
    looked_at = tuple(read | monitored(specs))
    ends, suspects = [], {}
    for hidden, shown in pairs:
        validated = is_validated((hidden, shown), read)  # the same on both sides: it is no suspect
        hidden, shown = (shortened(spec, behaviour.epochs, validated) for spec in (hidden, shown))
        shown_rules = resolved(shown, environments[with_behaviour])
        hidden_rules = resolved(hidden, environments[without])
        end = _with_values(hidden, hidden_rules, init), _with_values(shown, shown_rules, init)
        ends.append(end)
        for path, (hidden_value, shown_value) in differences(*end).items():
            stage = stage_of(end[1], path)
            measured, names = of_path(ACTS_ON, path) or ("", ())
            inactive = (f"it acts on {measured}, which this does not look at" if stage == "metric" and
                        not any(name.endswith(names) for name in looked_at) else
                        "it acts after the loss, which the other side does not get" if without_value and
                        STAGES.index(stage) > STAGES.index("loss") else "")
            suspects[path] = Suspect(path, (shown_value, hidden_value), stage,
                                     (shown_rules.get(path), hidden_rules.get(path)), inactive,
                                     (_written(shown, path), _written(hidden, path)))
        if init == "shared":
            suspects.update(_overridden(shown_rules, hidden_rules))
    ordered = sorted(suspects.values(), key=lambda suspect: STAGES.index(suspect.stage))
    recorded = {name for name in read if not name.startswith(("step/", "reported/"))}
    recordings = tuple(recording for recording in RECORDINGS
                       if any(name.startswith("probe/") is (recording == "probes") for name in recorded))
    return Question(behaviour, with_behaviour, without, contrast, tuple(ends), tuple(ordered), recordings,
                    without_value)


def _written(spec: Spec, path: str) -> Any:
    """An optimizer, a loss or another part of a spec as it is in the scenario; None for other values, and for layers
    and metrics, of which both sides can have different numbers."""
    value = None if path.startswith(("layers.", "metrics.")) else value_at(spec, path)
    return value if is_dataclass(value) else None


def suspected(ends: tuple[Spec, Spec], pair: tuple[Trial, Trial], environments: Environments) -> tuple[Suspect, ...]:
    """Returns the fields in which two trials of one variant differ, earliest stage first.

    `ends` are the specs of the trials `pair`, resolved.
    """
    left_rules, right_rules = (resolved(trial.spec, environments[trial.framework]) for trial in pair)
    suspects = [Suspect(path, values, stage_of(ends[0], path), (left_rules.get(path), right_rules.get(path)))
                for path, values in differences(*ends).items()]
    return tuple(sorted(suspects, key=lambda suspect: STAGES.index(suspect.stage)))


def is_validated(specs: Iterable[Spec], read: Collection[str]) -> bool:
    """Whether a search has to validate after each epoch: a schedule or early stopping of a spec monitors the test loss,
    or `read` names a reported test metric."""
    return "test/loss" in monitored(specs) or any(name.startswith("reported/test/") for name in read)


def monitored(specs: Iterable[Spec]) -> set[str]:
    """Returns the reported metrics that schedules and early stopping of the specs monitor."""
    return {value for spec in specs for _, name, value in fields(spec) if name.endswith(".monitor")}


def shortened(spec: Spec, epochs: int | None, validated: bool) -> Spec:
    """Returns a spec that is trained for `epochs`, or in full if None; without validation unless `validated`."""
    short: Spec = changed(spec, {**({"training.epochs": epochs} if epochs else {}),
                                 **({} if validated else {"training.validate": False})})
    return short


def _contrasted(specs: list[Spec], contrast: Spec) -> Iterator[tuple[Spec, Spec]]:
    """(without, with) for each spec: the changes that lead from the nearest spec to the contrast are made in each."""
    changes = [path for path in min((differences(spec, contrast) for spec in specs), key=len)
               if not path.startswith(LENGTH)]
    yield from ((mixed(spec, contrast, changes), spec) for spec in specs)


def _overridden(left: Mapping[str, DefaultRule], right: Mapping[str, DefaultRule]) -> dict[str, Suspect]:
    """The fields that are unset on both sides and would resolve differently without the shared initialization."""
    return {path: Suspect(path, (rule.value, right[path].value), STAGE_OF[rule.field], (rule, right[path]),
                          "the shared initialization decides it")
            for path, rule in left.items() if rule.field in INITIALIZED and path in right and
            rule.value != right[path].value}
