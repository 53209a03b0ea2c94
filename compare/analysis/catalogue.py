"""Runs the rows of the catalogue of known differences and compares each result with the expected verdict."""

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
    """The result of one row of the catalogue."""

    row: Row
    answers: Mapping[str, Answer]
    verdict: Verdict
    stages: tuple[StageResult, ...]
    """The stages at which the family's first two frameworks differ, earliest first."""
    unexplained: tuple[str, ...]
    """Unexplained differences, each as a framework and a stage."""

    @property
    def stage(self) -> str:
        """The stage of the first divergence, or an empty string."""
        return self.stages[0].name if self.stages else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths of the fields that cause the behaviour."""
        return tuple(dict.fromkeys(suspect.path for suspect in self.verdict.suspects))

    @property
    def accused(self) -> bool:
        """Whether this is a false alarm: a difference was flagged in a row in which nothing differs."""
        return self.row.agrees and bool(self.stages or self.unexplained)

    @property
    def surprises(self) -> tuple[str, ...]:
        """Every deviation from the expected verdict, each as a printable text."""
        checks = [("belongs to", self.verdict.belongs_to, self.row.belongs_to),
                  ("differs first in", self.stage or NONE, self.row.stage or NONE),
                  ("because of", ", ".join(sorted(self.fields)) or NONE, ", ".join(sorted(self.row.fields)) or NONE)]
        deviations = [f"{what}: {actual}, expected {expected}" for what, actual, expected in checks
                      if actual != expected]
        return (*deviations, *(f"unexplained: {text}" for text in self.unexplained))


@dataclass(frozen=True)
class FamilyResult:
    """The results of all rows of a family."""

    family: Family
    entries: list[Entry]
    worker_errors: tuple[str, ...]
    """Messages from crashed workers."""
    measure_errors: tuple[str, ...]
    """Messages from failed measures."""


def run_family(family: Family, dataset: Dataset, home: Path, pool: WorkerPool, settings: Settings) -> FamilyResult:
    """Trains and judges every row of a family; traces are written to the family's folder below `home`."""
    settings = replace(settings, frameworks=list(family.frameworks), init=family.init)
    scenario, folder = family.scenario, home / family.name
    result = running.answered(pool, scenario, running.plan(scenario, settings), dataset, settings, folder)
    entries = [_entry(row, result) for row in family.rows]
    return FamilyResult(family, entries, result.worker_errors, result.measure_errors)


def _entry(row: Row, result: Result) -> Entry:
    stages = result.divergences[row.name].stages if row.name in result.divergences else []
    unexplained = tuple(f"{difference.framework} at {difference.stage.name}"
                        for difference in result.unexplained_differences if difference.variant == row.name)
    return Entry(row, result.answers[row.name], result.verdicts[row.name], tuple(differing(stages)), unexplained)
