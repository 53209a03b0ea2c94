"""The NumPy reference for a caller in this process, with a `Spec`. A worker gets the spec as plain JSON.

This is the only place that encodes a spec without making a job. The reference, like every realization, reads plain
JSON, since old Keras versions cannot import the classes of a spec.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, ParamSpec, Sequence, TypeVar

import numpy as np
import threadpoolctl

from frameworks.job import Job
from frameworks.protocol import NamedLayers
from frameworks.reference.initializers import draw
from frameworks.reference.model import Model
from frameworks.reference.schedules import rate, rates_by_epoch
from scenarios.spec import ReduceOnPlateau, Spec, shapes
from scenarios.spec.fields import encoded, to_json

P = ParamSpec("P")
R = TypeVar("R")
_BLAS = threadpoolctl.ThreadpoolController()


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function: BLAS uses one thread in it, as in a worker.

    On matrices as small as those of a spec, more threads mostly wait for one another and slow down the workers:
    comparing a step took almost three times the processor time.
    """
    wrapped: Callable[P, R] = _BLAS.wrap(limits=1, user_api="blas")(function)
    return wrapped


def named_layers(spec: Spec) -> NamedLayers:
    """Return the layers of a spec in the form that the functions of `frameworks.reference.layers` take."""
    return [(str(i), encoded(layer)) for i, layer in enumerate(spec.layers)]


def model(spec: Spec, sample: tuple[int, ...], dtype: str, steps_per_epoch: int = 1, *, first: int = 0,
          rate_factor: float = 1.0, model_class: type[Model] = Model) -> Model:
    """Return a resolved spec as a `model_class` that computes in `dtype`, float32 or float64, with weights of seed 0.

    It has the layers from `first` on, for samples of shape `sample`. `steps_per_epoch` is the number of steps that a
    learning-rate schedule counts as an epoch, and `rate_factor` multiplies every learning rate.
    """
    config = to_json(spec)
    if rate_factor != 1.0:
        config["optimizer"] = {**config["optimizer"], "learning_rate": _scaled(spec, rate_factor)}
    job: Job = {"settings": {"backend": "", "module": "", "dtype": dtype, "device": "cpu", "threads": 1}, "seed": 0,
                "init": "shared", "steps_per_epoch": steps_per_epoch}
    return model_class(config, (first, len(spec.layers)), sample, job)


def initial_weights(spec: Spec, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the initial weights of a resolved spec: float32 arrays by name, as in `1.kernel`."""
    weights: dict[str, np.ndarray] = draw(named_layers(spec), shapes(spec)[0], generator)
    return weights


def rates_after_epochs(spec: Spec, reported: Mapping[str, Sequence[float] | np.ndarray]) -> list[float]:
    """Return the learning rates of all epochs and the rate after the last one, where they depend on reported metrics.

    `reported` holds the reported metrics by name, each with one value per epoch. The list is empty for a learning rate
    that does not depend on them. The spec is resolved.
    """
    schedule = spec.optimizer.learning_rate
    return rates_by_epoch(encoded(schedule), reported) if isinstance(schedule, ReduceOnPlateau) else []


def rate_of_step(spec: Spec, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of a training step, counted from 0; the spec is resolved.

    For a rate that depends on reported metrics, it is the initial one; see `rates_after_epochs`.
    """
    schedule = spec.optimizer.learning_rate
    if isinstance(schedule, (int, float)):
        return float(schedule)
    return float(rate(encoded(schedule), {"step": step}, steps_per_epoch, "float64"))


def _scaled(spec: Spec, factor: float) -> Any:
    """Return the learning rate times a factor, as `frameworks.reference.schedules.rate` reads it (`scale`)."""
    schedule = spec.optimizer.learning_rate
    return float(schedule * factor) if isinstance(schedule, (int, float)) else {**encoded(schedule), "scale": factor}
