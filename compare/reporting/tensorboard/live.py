"""Curves that grow while a run trains: what every epoch reports, written as it comes.

What is written afterwards leaves these points out, and a run that is interrupted keeps them.
"""

from __future__ import annotations

import threading
from pathlib import Path

from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.execution.workers import Event
from compare.reporting.tensorboard import events, run_names
from compare.reporting.tensorboard.scalars import TOLD, of_question
from scenarios.scenario import Scenario


class Live:
    """Listens to the trainings of a scenario; each of them is told of by one thread."""

    def __init__(self, scenario: Scenario, dataset: Dataset, folder: Path) -> None:
        """`folder` is that of the run."""
        self.scenario, self.dataset, self.home = scenario, dataset, folder / run_names.FOLDER
        self._begun: set[str] = set()
        self._beginning = threading.Lock()
        # Before the first epoch, so that one can look.
        (self.home / run_names.REPORTED).mkdir(parents=True, exist_ok=True)

    def on_event(self, trial: Trial, event: Event) -> None:
        """Adds an epoch's numbers to the curves of its training, and the question's own beside the first."""
        if event["event"] != "epoch":
            return
        variant = self.scenario.variant(trial.variant)
        with self._beginning:
            if variant.reported and self.dataset.full and variant.name not in self._begun:
                events.write(run_names.of_question(self.home, self.dataset, variant), of_question(variant.reported))
            self._begun.add(variant.name)
        place = run_names.training(self.home, self.dataset, variant, trial.framework, trial.seed)
        told = {f"reported/{part}/{name}": event.get(f"{part}_{name}")
                for part in ("train", "test") for name in ("loss", "accuracy")}
        events.add(place, [point for tag, value in told.items() if value is not None
                           for point in events.curve(tag, [value], [event["epoch"]], TOLD["reported"])])
