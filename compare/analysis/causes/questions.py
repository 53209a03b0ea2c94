"""What a search is about: two closed specs, one with a behaviour and one without, and the fields in which they differ.

"Whose is it?" asks between one variant as two environments resolve it; "what in my model does it?" between an asked
variant and one that works; where a scenario names such a variant and frameworks differ too, both are asked at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterator, Mapping

from compare.analysis.behaviours import WITHOUT_A_VALUE, Answer
from compare.execution.initialization import REFERENCE
from compare.execution.trials import RECORDINGS, Trial
from frameworks.quirks.resolution import STAGES, DefaultRule, resolved, value_of
from frameworks.quirks.rules import STAGE_OF
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec
from scenarios.spec.fields import changed, differences, fields, mixed

STARTS = ("Dense.kernel", "Dense.bias", "Conv2D.kernel", "Conv2D.bias", "Training.shuffle")
"""Fields that a shared start decides for everybody."""
STAGE_OF_PART = {"data": "data", "layers": "forward", "loss": "loss", "optimizer": "update", "accuracy": "metric",
                "training": "data"}
"""The first gate of a field that the user has set, by the part of the spec that it belongs to."""

LENGTH = ("training.epochs", "training.validate")
"""How long a variant is trained and what is measured after every epoch: the same for both sides."""

Environments = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Suspect:
    """A field in which the two sides of a question differ."""

    path: str
    values: tuple[Any, Any]
    """On the side with the behaviour, on the side without."""
    stage: str
    sources: tuple[DefaultRule | None, DefaultRule | None] = (None, None)
    """The table's rows for both sides, where the field is open; None where the user has set it."""
    inactive: str = ""
    """Why it cannot act and is not searched, or nothing."""

    @property
    def own_setting(self) -> bool:
        """Whether it is the user's own field."""
        return self.sources == (None, None)


@dataclass(frozen=True)
class Question:
    """Why a behaviour is shown on one side and not on the other."""

    behaviour: Behaviour
    with_behaviour: str
    """The framework of the side with the behaviour."""
    without: str
    """The framework of the side without; the same one where only variants differ."""
    contrast: str
    """The variant of the side without, or nothing where both sides have the behaviour's own."""
    ends: tuple[tuple[Spec, Spec], ...]
    """For each of the behaviour's variants: closed (without, with)."""
    suspects: tuple[Suspect, ...]
    looked_at: tuple[str, ...]
    """What the behaviour reads beyond what a training reports, of `trials.RECORDINGS`."""
    without_value: str = ""
    """How the trainings of the side without end, where they have no value: of `behaviours.WITHOUT_A_VALUE`."""

    @property
    def active(self) -> tuple[str, ...]:
        """The paths that are searched, earliest gate first."""
        return tuple(suspect.path for suspect in self.suspects if not suspect.inactive)

    def suspect(self, path: str) -> Suspect:
        """The suspect of this path."""
        return {suspect.path: suspect for suspect in self.suspects}[path]

    def shown(self, answer: Answer) -> bool | None:
        """Whether an answer within this question shows the behaviour; None where it says neither yes nor no.

        A training without a value is a no only where the side without the behaviour ends in the same way.
        """
        same = bool(self.without_value) and answer.reason.startswith(self.without_value)
        return False if answer.holds is None and same else answer.holds

    def specs(self, chosen: Collection[str]) -> tuple[Spec, ...]:
        """The behaviour's variants with the suspects `chosen` as on the side with it. Raises SpecError where none can.

        Suspects that are not searched are as on the side without.
        """
        return tuple(mixed(without, shown, chosen) for without, shown in self.ends)


def questions(scenario: Scenario, answers: Mapping[str, Mapping[str, Answer]], environments: Environments, init: str,
              read: Mapping[str, set[str]]) -> list[Question]:
    """The questions that a run raises; `read` are the names of the arrays that each behaviour looks at."""
    found = []
    for behaviour in scenario.behaviours:
        of_one = {name: answer for name, answer in answers[behaviour.name].items() if name in environments}
        with_behaviour = [name for name, answer in of_one.items() if answer.holds]
        without = [name for name, answer in of_one.items() if is_without(answer)]
        sides = [(one, other) for one in with_behaviour for other in without]
        sides = sides or [(one, one) for one in with_behaviour[:1]]
        for contrast in ("", *behaviour.contrast_variants):  # "": the same variant on both sides
            found += [between(scenario, behaviour, one, other, environments, init, read[behaviour.name], contrast,
                              _without_value(of_one[other])) for one, other in sides if contrast or one != other]
    return found


def is_without(answer: Answer) -> bool:
    """Whether a framework does not show a behaviour, also because it refuses or has no value."""
    return answer.holds is False or bool(_without_value(answer))


def _without_value(answer: Answer) -> str:
    """How the trainings behind an answer end that have no value; nothing where they do not, or have one."""
    return next((kind for kind in WITHOUT_A_VALUE if answer.holds is None and answer.reason.startswith(kind)), "")


def closed(spec: Spec, environment: Mapping[str, Any], init: str) -> Spec:
    """The spec as an environment resolves it; what a shared start decides, as the reference does, who draws it."""
    return _closed(spec, resolved(spec, environment), init)


def _closed(spec: Spec, rows: Mapping[str, DefaultRule], init: str) -> Spec:
    values = {path: value_of(row.field, spec, REFERENCE).value if init == "shared" and row.field in STARTS
              else row.value for path, row in rows.items()}
    return changed(spec, values)


def between(scenario: Scenario, behaviour: Behaviour, with_behaviour: str, without: str, environments: Environments,
            init: str, read: set[str], contrast: str = "", without_value: str = "") -> Question:
    """Why `with_behaviour` shows a behaviour and `without` does not, whose measure looks at the arrays `read`.

    `contrast` is a variant without it, or nothing; `without_value` says why the side without has no loss at
    all.
    """
    asked = [scenario.variant(name).spec for name in behaviour.variants]
    pairs = _moved(asked, scenario.variant(contrast).spec) if contrast else zip(asked, asked)
    reads = any(name.endswith("accuracy") for name in read)
    ends, suspects = [], {}
    for hidden, shown in ((shortened(one, behaviour.epochs, read), shortened(other, behaviour.epochs, read))
                           for one, other in pairs):
        rows = resolved(shown, environments[with_behaviour]), resolved(hidden, environments[without])
        end = _closed(hidden, rows[1], init), _closed(shown, rows[0], init)
        ends.append(end)
        for path, (other, value) in differences(*end).items():
            stage = _stage_record(end[1], path)
            inactive = ("it acts on the accuracy, which this does not look at" if stage == "metric" and not reads else
                        "it acts after the loss, which the other side does not get" if without_value and
                        STAGES.index(stage) > STAGES.index("loss") else "")
            sources = (rows[0].get(path), rows[1].get(path))
            suspects[path] = Suspect(path, (value, other), stage, sources, inactive)
        if init == "shared":
            suspects.update(_overridden(*rows))
    ordered = sorted(suspects.values(), key=lambda suspect: STAGES.index(suspect.stage))
    beyond = {name for name in read if not name.startswith(("step/", "reported/"))}
    looked_at = tuple(look for look in RECORDINGS
                      if any(name.startswith("probe/") is (look == "probes") for name in beyond))
    return Question(behaviour, with_behaviour, without, contrast, tuple(ends), tuple(ordered), looked_at,
                    without_value)


def suspected(ends: tuple[Spec, Spec], pair: tuple[Trial, Trial], environments: Environments) -> tuple[Suspect, ...]:
    """The fields in which two closed trials of one variant differ, earliest gate first."""
    rows = [resolved(one.spec, environments[one.framework]) for one in pair]
    found = [Suspect(path, values, _stage_record(ends[0], path), (rows[0].get(path), rows[1].get(path)))
             for path, values in differences(*ends).items()]
    return tuple(sorted(found, key=lambda suspect: STAGES.index(suspect.stage)))


def shortened(spec: Spec, epochs: int | None, read: Collection[str]) -> Spec:
    """A spec that is trained for so many epochs, or all, and validated only where somebody looks at that."""
    watched = {value for _, name, value in fields(spec) if name.endswith(".monitor")}
    validated = "test/loss" in watched or any(name.startswith("reported/test/") for name in read)
    short: Spec = changed(spec, {**({"training.epochs": epochs} if epochs else {}),
                                 **({} if validated else {"training.validate": False})})
    return short


def _moved(asked: list[Spec], works: Spec) -> Iterator[tuple[Spec, Spec]]:
    """(without, with) for each variant: what tells the one that works from its nearest is changed in all of them."""
    nearest = [path for path in min((differences(spec, works) for spec in asked), key=len)
               if not path.startswith(LENGTH)]
    yield from ((mixed(spec, works, nearest), spec) for spec in asked)


def _stage_record(spec: Spec, path: str) -> str:
    names = {where: name for where, name, _ in fields(spec)}
    return STAGE_OF.get(names.get(path, ""), STAGE_OF_PART[path.split(".")[0]])


def _overridden(rows: Mapping[str, DefaultRule], others: Mapping[str, DefaultRule]) -> dict[str, Suspect]:
    """The fields that both leave unset and would resolve differently, were it not for the shared start."""
    return {path: Suspect(path, (row.value, others[path].value), STAGE_OF[row.field], (row, others[path]),
                          "the shared start decides it")
            for path, row in rows.items() if row.field in STARTS and path in others and
            row.value != others[path].value}
