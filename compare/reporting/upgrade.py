"""The answer of `upgrade` as facts, numbers and enums; `upgrade_text` renders them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import Enum

from compare.analysis.noise import FACTOR
from compare.analysis.releases import Location
from compare.analysis.result import Result
from compare.analysis.upgrade import Change, Comparison, Key
from compare.analysis.upgrade_programs import reported_names
from compare.analysis.upgrade_scenarios import not_compared, size_of
from compare.execution.locks import OF_A_KIND, PACKAGES, Installed
from compare.reporting.cause_text import listed
from compare.reporting.programs import facts as of_programs


class Verdict(str, Enum):
    """The result of an upgrade."""

    NOTHING = "nothing changed"
    EXPLAINED = "explained"
    """For every change, the setting that causes it or the release that makes it is known."""
    UNEXPLAINED = "unexplained"
    NOT_COMPARED = "not compared"
    """Nothing could be compared: the program runs in neither environment, or a worker ended."""

    __str__ = str.__str__


@dataclass(frozen=True)
class Located:
    """A change, and where it comes from."""

    framework: str
    """The kind of framework in which it is: keras, keras-jax, keras-torch or lightning."""
    change: Change
    location: Location | None = None
    """None if it was not searched."""

    @property
    def explained(self) -> bool:
        """Whether a setting causes it, or one package makes it."""
        return bool(self.change.causes or self.location and self.location.package)


@dataclass(frozen=True)
class Covered:
    """The parts that were compared in one kind of framework."""

    framework: str
    subject: str
    stages: tuple[tuple[str, int], ...]
    """Each stage with the number of its parts (of a program) or of variants (of scenarios) that were compared."""
    states: int = 0
    """Of scenarios: the recorded states from which both took the same step."""
    behaviours: int = 0
    smallest: float | None = None
    """The smallest relative difference that would have been detected in all of them; of scenarios, in the loss, but for
    those in `within_rounding`."""
    not_compared: tuple[tuple[str, str], ...] = ()
    """Variants that could not be compared, with the reason."""
    not_reached: tuple[str, ...] = ()
    """Scenarios that were not compared before the run was ended."""
    within_rounding: tuple[str, ...] = ()
    """Variants with a loss that rounding alone could change by as much as it is."""
    remarks: tuple[str, ...] = ()
    """Of a program: what was done to it so that it could be compared, one sentence each."""


@dataclass(frozen=True)
class End:
    """One of the two environments of an upgrade."""

    title: str
    python: str
    packages: Mapping[str, str]
    """The versions of the packages that can make a change in the frameworks that were compared."""


@dataclass(frozen=True)
class Facts:
    """The answer of `upgrade`."""

    verdict: Verdict
    old: End
    new: End
    changes: tuple[Located, ...]
    covered: tuple[Covered, ...]
    remaining_packages: tuple[tuple[str, str, str], ...]
    """The remaining packages that differ: name, old version, new version; empty for one that is not there."""
    not_measured: tuple[str, ...]
    """Combinations of versions that could not be measured, with the reasons."""
    worker_errors: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """The result of comparing one kind of framework."""

    framework: str
    names: tuple[str, str]
    """The names of the two environments as frameworks."""
    comparison: Comparison
    locations: Mapping[Key, Location]
    not_measured: tuple[str, ...] = ()
    """Environments between the two that could not be measured, and why, in one sentence each."""
    not_reached: tuple[str, ...] = ()
    """Scenarios that were not compared before the run was ended."""


def facts(old: Installed, new: Installed, measurements: Collection[Measured]) -> Facts:
    """The facts of an upgrade."""
    changes = tuple(Located(measured.framework, change, measured.locations.get(change.key))
                    for measured in measurements for change in measured.comparison.changes)
    covered = tuple(map(covered_of, measurements))
    acting = [package for package in PACKAGES if any(package in OF_A_KIND[measured.framework]
                                                     for measured in measurements)]
    names = {name for package in acting for name in PACKAGES[package]}
    remaining_packages = tuple((name, old.packages.get(name, ""), new.packages.get(name, ""))
                               for name in sorted({*old.packages, *new.packages} - names)
                               if old.packages.get(name) != new.packages.get(name))
    not_measured = dict.fromkeys(sentence for measured in measurements for sentence in measured.not_measured)
    errors = dict.fromkeys(message for measured in measurements for message in measured.comparison.worker_errors)
    return Facts(verdict_of(changes, covered), end_of(old, acting), end_of(new, acting), changes, covered,
                 remaining_packages, tuple(not_measured), tuple(errors))


def end_of(installed: Installed, acting: Collection[str]) -> End:
    """An environment with the versions of the packages that can make a change."""
    return End(installed.title, installed.version, {package: installed.version_of(package) for package in acting
                                                    if installed.name_of(package)})


def verdict_of(changes: Collection[Located], covered: Collection[Covered]) -> Verdict:
    """The one conclusion."""
    if changes:
        return Verdict.EXPLAINED if all(located.explained for located in changes) else Verdict.UNEXPLAINED
    return Verdict.NOTHING if any(compared.stages for compared in covered) else Verdict.NOT_COMPARED


def covered_of(measured: Measured) -> Covered:
    """What was compared, of a program or of scenarios."""
    checked = measured.comparison.checked
    if checked is not None:
        of_program = of_programs.facts(checked)
        before, after = reported_names(checked)
        same = f"Training reports the same names: {listed(f'`{name}`' for name in after)}."
        return Covered(measured.framework, checked.question.left.title,
                       tuple((row.stage, row.parts) for row in of_program.compared), smallest=of_program.tolerance,
                       remarks=tuple(dict.fromkeys([*[same] * bool(before == after != []), *checked.warnings])))
    results = measured.comparison.results
    stages: dict[str, int] = {}
    for stage in (stage for result in results for divergence in result.divergences.values()
                  for stage in divergence.stages if stage.differs is not None):
        stages[stage.name] = stages.get(stage.name, 0) + 1
    behaviours = sum(all(result.answers[behaviour.name][side].holds is not None for side in measured.names)
                     for result in results for behaviour in result.scenario.behaviours)
    states = sum(divergence.states for result in results for divergence in result.divergences.values())
    sizes = detectable(results)
    return Covered(measured.framework, listed(result.scenario.name for result in results), tuple(stages.items()),
                   states, behaviours, max((size for size in sizes.values() if size < 1), default=None),
                   tuple(not_compared(results, *measured.names).items()), measured.not_reached,
                   tuple(name for name, size in sizes.items() if size >= 1))


def detectable(results: Collection[Result]) -> dict[str, float]:
    """By scenario and variant with the same loss, the relative difference of a step's loss that would have been
    detected."""
    return {f"{result.scenario.name}/{name}": FACTOR * stage.noise / abs(stage.values[0]) for result in results
            for name, divergence in result.divergences.items() for stage in divergence.stages
            if stage.name == "loss" and stage.differs is False and isinstance(stage.values[0], float)
            and stage.values[0] and size_of(stage) is not None}


def record(answer: Facts, command: str) -> dict[str, object]:
    """The facts as JSON: result.json of an upgrade, schema `upgrade 1`."""
    return {"schema": "upgrade 1", "command": command, "verdict": str(answer.verdict), "old": asdict(answer.old),
            "new": asdict(answer.new), "changes": list(map(change_record, answer.changes)),
            "covered": list(map(asdict, answer.covered)),
            "remaining_packages": list(map(list, answer.remaining_packages)),
            "not_measured": list(answer.not_measured), "worker_errors": list(answer.worker_errors)}


def change_record(located: Located) -> dict[str, object]:
    """A change as JSON."""
    change, location = located.change, located.location
    return {"framework": located.framework, "kind": str(change.key.kind), "subject": change.key.subject,
            "name": change.key.name, "place": change.place, "before": change.before, "after": change.after,
            "size": change.size if change.size != float("inf") else None,
            "causes": [{"settings": [field.path for field in cause.fields], "explanation": cause.explanation}
                       for cause in change.causes],
            "location": None if location is None else asdict(location), "explained": located.explained}
