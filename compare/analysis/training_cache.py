"""The training cache: trains resolved specs for a search, each once, and evaluates behaviours on their traces."""

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
from compare.execution.output_folder import SEARCH
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool, ignore
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.fields import to_json

Request = tuple[str, Spec, tuple[str, ...]]
"""A requested training: a framework, a resolved spec, and the recordings beyond what a training reports, of
`trials.RECORDINGS`."""


class TrainingCache:
    """The trainings of a search, by framework, spec and seed. No training is run twice."""

    def __init__(self, pool: WorkerPool, dataset: Dataset, folder: Path, seeds: int, limit: float) -> None:
        """Initializations and traces are written to `folder`, which is created; `limit` is in seconds of one training.
        """
        self._pool, self._dataset, self._folder, self._limit = pool, dataset, folder, limit
        self.seeds = range(seeds)
        self._traces: dict[Trial, Trace] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        """The number of trainings."""
        return len(self._traces)

    def train(self, requests: Iterable[Request]) -> None:
        """Runs the requested trainings that are not in the cache yet, for every seed."""
        requested = {_trial(request, seed): request[2] for request in requests for seed in self.seeds}
        self._pool.work({trial: trials.job(trial, self._dataset, self._folder, recordings)
                         for trial, recordings in requested.items() if trial not in self._traces},
                        self._limit, ignore, self._traces.__setitem__)

    def trace(self, request: Request, seed: int) -> Trace:
        """Returns the trace of a training. Raises KeyError if it was not run."""
        return self._traces[_trial(request, seed)]

    def answer(self, behaviour: Behaviour, framework: str, specs: Iterable[Spec],
               recordings: tuple[str, ...]) -> Answer:
        """Evaluates a behaviour on the trainings of `specs`, one for each of the behaviour's variants.

        Raises KeyError if one of them was not run.
        """
        traces = {(variant, seed): self.trace((framework, spec, recordings), seed)
                  for variant, spec in zip(behaviour.variants, specs) for seed in self.seeds}
        return behaviours.answer_of(behaviour, traces, repeat=False)  # the measure repeats: the run has seen that


def apart(left: Trace, right: Trace) -> float:
    """Returns the largest distance between the step losses of two trainings, relative to the loss or its running mean.

    The running mean is needed because single losses can be exactly 0. The distance is infinite where the trainings
    have different numbers of steps, or where only one of them has a finite loss at some step.
    """
    a, b = (np.asarray(trace.arrays.get("step/loss", np.zeros(0)), float) for trace in (left, right))
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    mean = np.cumsum(np.abs(b)) / np.arange(1, len(b) + 1)
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), mean)
    return float(np.max(np.abs(a - b) / np.where(size > 0, size, 1), initial=0.0))


def _trial(request: Request, seed: int) -> Trial:
    framework, spec, recordings = request
    name = hashlib.sha256(json.dumps([to_json(spec), recordings]).encode()).hexdigest()[:12]
    return Trial(SEARCH, name, framework, seed, "shared", spec, False)
