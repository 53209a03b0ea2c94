"""What the tests of a session share: warm workers, and the runs that were asked before."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import scenarios
from compare.analysis import comparison as running
from compare.analysis.result import Result
from compare.execution import data, environments, trials
from compare.execution.settings import Settings
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Trace
from scenarios.scenario import Scenario


@dataclass(frozen=True)
class Run:
    """One run, and what is needed to ask more of it."""

    result: Result
    settings: Settings
    planned: tuple[Trial, ...]
    pool: WorkerPool

    @property
    def traces(self) -> Mapping[Trial, Trace]:
        """What every training left."""
        return {trial: self.result.traces[trial.framework][trial.variant, trial.seed] for trial in self.planned}


class Session:
    """Workers stay warm from one test to the next, so that a framework is imported once a process."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets logs and runs."""
        self._folder = folder
        self._pools: dict[tuple[str, int], WorkerPool] = {}
        self._runs: dict[tuple[object, str], tuple[object, Run]] = {}
        self._count = itertools.count(1)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        for pool in self._pools.values():
            pool.close()

    def run(self, scenario: Scenario | str, settings: Settings) -> Run:
        """A scenario, or that of a name or a file, under the settings; one that was run so before is not run again.

        Raises UsageError, SpecError and DataError.
        """
        key = (id(scenario) if isinstance(scenario, Scenario) else scenario, repr(settings))
        if key not in self._runs:
            chosen = scenario if isinstance(scenario, Scenario) else scenarios.load(scenario)
            self._runs[key] = scenario, self._new(chosen, settings)  # it is kept, or its id could be another's later
        return self._runs[key][1]

    def _new(self, scenario: Scenario, settings: Settings) -> Run:
        planned = running.plan(scenario, settings)
        dataset = data.load(settings.data.choice, settings.data.dir)
        trials.refuse_empty(planned, dataset)
        for name in environments.missing(settings.frameworks):  # none is left but with install=auto
            environments.install(name)
        place = self._folder / f"{next(self._count)}-{scenario.name}"
        place.mkdir()
        kind = settings.device, settings.threads
        pool = self._pools.get(kind) or self._pools.setdefault(kind, WorkerPool((), self._folder, *kind))
        try:
            for name in settings.frameworks:
                pool.ensure_workers(name, 1)
            found = running.answered(pool, scenario, planned, dataset, settings, place, lambda trial, event: None,
                                     lambda traces: None, lambda stage: None)
        except BaseException:  # a crew that was interrupted has no workers left
            self._pools.pop(kind).close()
            raise
        return Run(found, settings, tuple(planned), pool)
