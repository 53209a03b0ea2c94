"""The catalogue's rows, each trained and judged as a question of its own, beside what was expected of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping

from compare.analysis import comparison as running
from compare.analysis.attribution import Verdict
from compare.analysis.behaviours import Answer
from compare.analysis.result import Result
from compare.analysis.stages import StageResult, differing
from compare.execution.data import Dataset
from compare.execution.settings import Settings
from compare.execution.worker_pool import WorkerPool
from scenarios.catalogue import Family, Row

NONE = "none"


@dataclass(frozen=True)
class Entry:
    """What was found of one row."""

    row: Row
    answers: Mapping[str, Answer]
    verdict: Verdict
    stages: tuple[StageResult, ...]
    """Those of the family's first two frameworks that are open, earliest first."""
    unexplained: tuple[str, ...]
    """Frameworks that did what the table does not know, at a gate."""

    @property
    def stage(self) -> str:
        """Where the two part first, or nothing."""
        return self.stages[0].name if self.stages else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that make it."""
        return tuple(dict.fromkeys(suspect.path for suspect in self.verdict.suspects))

    @property
    def accused(self) -> bool:
        """Whether something was found in a row in which nothing differs: a false alarm."""
        return self.row.agrees and bool(self.stages or self.unexplained)

    @property
    def surprises(self) -> tuple[str, ...]:
        """What is not as expected, in words."""
        pairs = [("belongs to", self.verdict.belongs_to, self.row.belongs_to),
                 ("parts first in", self.stage or NONE, self.row.stage or NONE),
                 ("made by", ", ".join(sorted(self.fields)) or NONE, ", ".join(sorted(self.row.fields)) or NONE)]
        told = [f"{what}: {found}, expected {expected}" for what, found, expected in pairs if found != expected]
        return (*told, *(f"unexplained: {words}" for words in self.unexplained))


@dataclass(frozen=True)
class Judged:
    """What was found of a family."""

    family: Family
    entries: list[Entry]
    worker_errors: tuple[str, ...]
    """What is told of workers that died."""
    measure_errors: tuple[str, ...]
    """What is told of measures that failed."""


def judge(family: Family, dataset: Dataset, home: Path, pool: WorkerPool, settings: Settings) -> Judged:
    """Every row of a family, which has a folder of its own below `home`."""
    settings = replace(settings, frameworks=list(family.frameworks), init=family.init)
    scenario, place = family.scenario, home / family.name
    found = running.answered(pool, scenario, running.plan(scenario, settings), dataset, settings, place,
                             lambda trial, event: None, lambda traces: None, lambda stage: None)
    return Judged(family, [_entry(row, found) for row in family.rows], found.worker_errors, found.measure_errors)


def _entry(row: Row, found: Result) -> Entry:
    stages = found.divergences[row.name].stages if row.name in found.divergences else []
    unexplained = tuple(f"{one.framework} at {one.stage.name}" for one in found.unexplained_differences
                        if one.variant == row.name)
    return Entry(row, found.answers[row.name], found.verdicts[row.name], tuple(differing(stages)), unexplained)
