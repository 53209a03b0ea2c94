"""A rough estimate of how long a run takes, from the speed of each framework on one thread."""

from __future__ import annotations

import math
import os

from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from frameworks.runtime.watch import scheduled_epochs
from scenarios.spec import Conv2D, Dense, shapes

IMPORT_SECONDS = 20.0
"""How long importing the frameworks takes."""
SECONDS = {"keras": (6e-4, 2.5), "keras-jax": (1.5e-3, 5.0), "keras-torch": (6e-3, 2.0), "lightning": (1.3e-3, 1.5),
           "reference": (4e-4, 2.0), "reference-float32": (3e-4, 2.0)}
"""By framework: (seconds per step, constant seconds per trial), on one thread of the machine of
tests/records/speed.json."""
PRODUCTS_A_SECOND = 2.5e9
"""Multiplications per second of one thread, for large models."""


def expected_minutes(planned: list[Trial], dataset: Dataset) -> float:
    """Returns a rough estimate of the duration of trials, in minutes.

    Frameworks train in parallel: the slowest framework, or the number of processors, determines the duration.
    """
    seconds: dict[str, float] = {}
    for trial in planned:
        seconds[trial.framework] = seconds.get(trial.framework, 0.0) + _seconds(trial, dataset)
    processors = min(os.cpu_count() or 1, len(seconds) or 1)
    return (IMPORT_SECONDS + max([sum(seconds.values()) / processors, *seconds.values()])) / 60


def _seconds(trial: Trial, dataset: Dataset) -> float:
    """The estimated duration of one trial: a constant, its steps, and the multiplications of its passes.

    There are passes of the training and passes that evaluate fixed weights.
    """
    per_step, constant = SECONDS.get(trial.framework, (1e-3, 2.0))
    steps, n = trials.steps(trial, dataset), trials.samples_of(trial, dataset)
    products = {True: 0, False: 0}
    for layer, before, after in zip(trial.spec.layers, shapes(trial.spec), shapes(trial.spec)[1:]):
        if isinstance(layer, Dense):
            products[layer.trainable] += before[0] * layer.units
        elif isinstance(layer, Conv2D):
            products[True] += math.prod(after) * layer.kernel_size ** 2 * before[-1]
    passes = 3 * trial.spec.training.epochs + 2 * len(scheduled_epochs(trial.spec.training.epochs))
    return constant + steps * per_step + n * (passes * products[True] + products[False]) / PRODUCTS_A_SECOND
