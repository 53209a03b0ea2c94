"""Curves that grow during a run: the metrics that every epoch reports, written as they arrive.

`dashboards.write` skips these points afterwards, and an interrupted run keeps them. If one cannot be written, the
training goes on without them: `dashboards.write` writes all that is missing, and says why it cannot.
"""

from __future__ import annotations

import threading
from pathlib import Path

from compare.execution.data import Dataset
from compare.execution.output_folder import TENSORBOARD
from compare.execution.trials import Trial
from compare.execution.workers import Event
from compare.reporting.tensorboard import run_names
from scenarios.scenario import Scenario


class Live:
    """Writes the epoch events of a scenario's trainings. Each training must report from one thread only."""

    def __init__(self, scenario: Scenario, dataset: Dataset, folder: Path) -> None:
        """`folder` is the folder of the run."""
        self.scenario, self.dataset, self.home = scenario, dataset, folder / TENSORBOARD
        self._started: set[str] = set()
        self._failed = False
        self._lock = threading.Lock()
        # Created before the first epoch, so that TensorBoard can be started at once.
        (self.home / run_names.REPORTED).mkdir(parents=True, exist_ok=True)

    def on_event(self, trial: Trial, event: Event) -> None:
        """Appends the metrics of an epoch to the curves of its training.

        The first epoch of a variant also writes the numbers that the question reports for it.
        """
        if event["event"] != "epoch" or self._failed:
            return
        try:
            self._write(trial, event)
        except Exception:  # a package that is missing, a disk that is full: the training itself goes on
            self._failed = True

    def _write(self, trial: Trial, event: Event) -> None:
        from compare.reporting.tensorboard import events
        from compare.reporting.tensorboard.scalars import DESCRIPTIONS, of_question
        variant = self.scenario.variant(trial.variant)
        with self._lock:
            if variant.reported and self.dataset.full and variant.name not in self._started:
                events.write(run_names.of_question(self.home, self.dataset, variant), of_question(variant.reported))
            self._started.add(variant.name)
        folder = run_names.training(self.home, self.dataset, variant, trial.framework, trial.seed)
        metrics = {f"reported/{part}/{name}": event.get(f"{part}_{name}")
                   for part in ("train", "test") for name in ("loss", "accuracy")}
        events.add(folder, [point for tag, value in metrics.items() if value is not None
                            for point in events.curve(tag, [value], [event["epoch"]], DESCRIPTIONS["reported"])])
