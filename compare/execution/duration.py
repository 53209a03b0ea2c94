"""A rough estimate of how long a training and a run take, from the speed of each framework on one thread."""

from __future__ import annotations

import math
from typing import Mapping

from compare.execution import schedule, trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from frameworks import FRAMEWORKS
from frameworks.job import Job
from frameworks.runtime import samples
from frameworks.runtime.watch import scheduled_epochs
from scenarios.spec import Conv2D, Dense, shapes
from scenarios.spec.fields import encoded

IMPORTS = {"keras": 13.0, "lightning": 12.0, "reference": 1.0}
"""Seconds that importing takes, by the subpackage of a framework; of another one, as long as the first."""
SECONDS = {"keras": (6e-4, 2.5), "keras-jax": (1.5e-3, 5.0), "keras-torch": (6e-3, 2.0), "lightning": (1.3e-3, 1.5),
           "reference": (4e-4, 2.0), "reference-float32": (3e-4, 2.0)}
"""By framework: (seconds per step, constant seconds per trial), on one thread of the machine of
tests/records/speed.json."""
REPLAY = 2.0
"""Seconds of a replay, which takes a few steps."""
PRODUCTS_A_SECOND = 2.5e9
"""Multiplications per second of one thread, for large models."""


def expected_minutes(planned: list[Trial], dataset: Dataset, capacity: tuple[int, int]) -> float:
    """Returns a rough estimate of the duration of trials, in minutes; `capacity` as an executor has it."""
    seconds: dict[str, list[float]] = {}
    for trial in planned:
        seconds.setdefault(trial.framework, []).append(of_training(trial, trials.samples_of(trial, dataset)))
    running, imports = dict.fromkeys(seconds, 0), import_seconds(seconds)
    numbers = schedule.workers(seconds, running, imports, *capacity)
    return schedule.end(seconds, running, imports, capacity[0], numbers) / 60


def import_seconds(frameworks: Mapping[str, object]) -> dict[str, float]:
    """Seconds that importing each framework takes."""
    return {framework: IMPORTS.get(FRAMEWORKS[framework].realization, IMPORTS["keras"]) for framework in frameworks}


def of_job(trial: Trial, job: Job) -> float:
    """The estimated seconds of a job."""
    if job["verb"] != "train":
        return REPLAY
    return of_training(trial, samples.count(job["data"]["folder"], "train", encoded(trial.spec.data)))


def of_training(trial: Trial, n: int) -> float:
    """The estimated seconds of a training with n samples: a constant, its steps, and the multiplications of its passes.

    There are passes of the training and passes that evaluate fixed weights.
    """
    per_step, constant = SECONDS.get(trial.framework, (1e-3, 2.0))
    products = {True: 0, False: 0}
    for layer, before, after in zip(trial.spec.layers, shapes(trial.spec), shapes(trial.spec)[1:]):
        if isinstance(layer, Dense):
            products[layer.trainable] += before[0] * layer.units
        elif isinstance(layer, Conv2D):
            products[True] += math.prod(after) * layer.kernel_size ** 2 * before[-1]
    passes = 3 * trial.spec.training.epochs + 2 * len(scheduled_epochs(trial.spec.training.epochs))
    return (constant + trials.steps(trial, n) * per_step +
            n * (passes * products[True] + products[False]) / PRODUCTS_A_SECOND)
