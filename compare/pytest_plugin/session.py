"""The resources that the tests of a session share: warm workers, and the runs of earlier tests."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import scenarios
from compare.analysis import comparison as running
from compare.analysis.result import Result
from compare.execution import environments, reuse, trials
from compare.execution.data import Dataset
from compare.execution.executors import chosen_executor
from compare.execution.settings import Settings
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Trace
from scenarios.scenario import Scenario


@dataclass(frozen=True)
class Run:
    """A run, with everything that is needed for further comparisons of it."""

    result: Result
    settings: Settings
    planned: tuple[Trial, ...]
    pool: WorkerPool

    @property
    def traces(self) -> Mapping[Trial, Trace]:
        """The trace of every training."""
        return {trial: self.result.traces[trial.framework][trial.variant, trial.seed] for trial in self.planned}


class Session:
    """Runs scenarios with workers that stay warm between tests, so that each framework is imported once per process."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets the logs and the runs."""
        self._folder = folder
        self._pools: dict[tuple[object, ...], WorkerPool] = {}
        self._executors = contextlib.ExitStack()
        self._runs: dict[tuple[object, str], tuple[object, Run]] = {}
        self._count = itertools.count(1)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        for pool in self._pools.values():
            pool.close()
        self._executors.close()

    def run(self, scenario: Scenario | str, settings: Settings, dataset: Dataset) -> Run:
        """Runs a scenario, or returns the earlier run of the same scenario, settings and data.

        `scenario` is a Scenario, a name or the path of a file. Raises UsageError or SpecError.
        """
        key = (id(scenario) if isinstance(scenario, Scenario) else scenario, repr((settings, dataset.sha256)))
        if key not in self._runs:
            chosen = scenario if isinstance(scenario, Scenario) else scenarios.load(scenario)
            # The scenario is kept alive, so that its id is unique.
            self._runs[key] = scenario, self._new(chosen, settings, dataset)
        return self._runs[key][1]

    def new_folder(self, name: str) -> Path:
        """A new folder for a run."""
        folder = self._folder / f"{next(self._count)}-{name}"
        folder.mkdir()
        return folder

    def _new(self, scenario: Scenario, settings: Settings, dataset: Dataset) -> Run:
        planned = running.plan(scenario, settings)
        trials.refuse_empty(planned, dataset)
        for name in environments.not_installed(settings.frameworks):  # empty unless install=auto
            environments.install(name)
        folder = self.new_folder(scenario.name)
        pool_key = settings.device, settings.threads, settings.reuse, settings.executor, settings.ray.address
        if pool_key not in self._pools:
            executor = self._executors.enter_context(chosen_executor(settings))
            stored = reuse.opened(settings, executor, self._folder, warnings.warn)
            self._pools[pool_key] = WorkerPool((), self._folder, settings.device, settings.threads, stored, executor)
        pool = self._pools[pool_key]
        try:
            for name in settings.frameworks:
                pool.ensure_workers(name, 1)
            result = running.answered(pool, scenario, planned, dataset, settings, folder)
        except BaseException:  # an interrupted worker pool has no workers left
            self._pools.pop(pool_key).close()
            raise
        return Run(result, settings, tuple(planned), pool)
