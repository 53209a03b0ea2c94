"""The bench: trains closed specs for a search, each once, and asks behaviours of what they left."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Iterable

import numpy as np

from compare.analysis import behaviours
from compare.analysis.behaviours import Answer
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool, worker_errors
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.fields import to_json

Wanted = tuple[str, Spec, tuple[str, ...]]
"""A framework, a closed spec that it is to train, and what is looked at beyond what the training reports."""


class TrainingCache:
    """What was trained for a search, by framework, spec and seed; nothing is trained twice."""

    def __init__(self, pool: WorkerPool, dataset: Dataset, folder: Path, seeds: int, limit: float) -> None:
        """`folder` gets starts and traces; `limit` is in seconds of one training."""
        self._pool, self._dataset, self._folder, self._limit = pool, dataset, folder, limit
        self.seeds = range(seeds)
        self._traces: dict[Trial, Trace] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        """How many trainings there were."""
        return len(self._traces)

    @property
    def worker_errors(self) -> tuple[str, ...]:
        """What is told of trainings whose worker died or failed."""
        return worker_errors(self._traces.values())

    def train(self, wanted: Iterable[Wanted]) -> None:
        """Trains what is not trained yet, for every seed."""
        new = {_trial(one, seed): one[2] for one in wanted for seed in self.seeds}
        self._pool.work({trial: trials.job(trial, self._dataset, self._folder, looked_at)
                         for trial, looked_at in new.items() if trial not in self._traces},
                        self._limit, lambda trial, event: None, self._traces.__setitem__)

    def trace(self, one: Wanted, seed: int) -> Trace:
        """What a training left. Raises KeyError where there was none."""
        return self._traces[_trial(one, seed)]

    def answer(self, behaviour: Behaviour, framework: str, specs: Iterable[Spec],
               looked_at: tuple[str, ...]) -> Answer:
        """What the trainings of these specs, one for each of the behaviour's variants, answer to it."""
        return behaviours.ask(behaviour, {(variant, seed): self.trace((framework, spec, looked_at), seed)
                                          for variant, spec in zip(behaviour.variants, specs) for seed in self.seeds})


def apart(one: Trace, other: Trace) -> float:
    """How far the losses of two trainings' steps are apart at most, relative to the loss or its running mean.

    Infinite where one has other steps or a nan that the other has not; single losses can be exactly 0.
    """
    a, b = (np.asarray(trace.arrays.get("step/loss", np.zeros(0)), float) for trace in (one, other))
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    mean = np.cumsum(np.abs(b)) / np.arange(1, len(b) + 1)
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), mean)
    return float(np.max(np.abs(a - b) / np.where(size > 0, size, 1), initial=0.0))


def _trial(one: Wanted, seed: int) -> Trial:
    framework, spec, looked_at = one
    name = hashlib.sha256(json.dumps([to_json(spec), looked_at]).encode()).hexdigest()[:12]
    return Trial("search", name, framework, seed, "shared", spec, False)
