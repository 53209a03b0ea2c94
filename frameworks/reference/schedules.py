"""Learning-rate schedules and early stopping. An unset field has the value of the reference's default rule."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, TypeGuard

import numpy as np
from numpy.typing import DTypeLike

from frameworks.protocol import Arrays, Json


def rate(schedule: Json, optimizer_state: Mapping[str, Any], steps: int, dtype: DTypeLike) -> np.floating:
    """Return the learning rate of the step that follows `optimizer_state["step"]` steps, as a NumPy scalar of `dtype`.

    `steps` is the number of steps in an epoch. The rate of a ReduceOnPlateau is part of the optimizer state, as `rate`.
    A schedule can have a `scale`, which no spec contains and which multiplies every rate.
    """
    number: Any = np.dtype(dtype).type
    if on_plateau(schedule):
        unscaled = number(optimizer_state.get("rate", schedule["initial"]))
    else:
        unscaled = _of_step(schedule, int(optimizer_state.get("step", 0)), steps, number)
    return number(schedule.get("scale", 1)) * unscaled


def rate_before(schedule: Json, optimizer_state: Mapping[str, Any], steps: int, dtype: DTypeLike) -> np.floating:
    """Return the learning rate of the previous step; before the first step, the rate of the first one."""
    done = int(optimizer_state.get("step", 0))
    last = optimizer_state.get("last_rate", optimizer_state.get("rate", schedule["initial"]))
    return rate(schedule, {**optimizer_state, "step": max(done - 1, 0), "rate": last}, steps, dtype)


def on_plateau(rate: object) -> TypeGuard[Json]:
    """Whether a learning rate in plain JSON depends on a reported metric of the epochs, not on the step number."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def _of_step(schedule: Json, step: int, steps: int, number: type[np.floating]) -> np.floating:
    done = step // steps if schedule["per"] == "epoch" else step
    if schedule["is"] == "CosineDecay":
        n = done if schedule["after"] == "rises" else min(done, schedule["length"])
        return number(schedule["initial"]) * (1 + np.cos(number(np.pi) * (number(n) / number(schedule["length"])))) / 2
    n = number(done) / number(schedule["every"])
    if schedule["is"] == "InverseTimeDecay":
        return number(schedule["initial"]) / (1 + number(schedule["factor"]) *
                                              (np.floor(n) if schedule["staircase"] else n))
    return number(schedule["initial"]) * number(schedule["factor"]) ** (np.floor(n) if schedule["staircase"] else n)


class Plateau:
    """The learning rate of a ReduceOnPlateau in plain JSON, with all fields set; updated after every epoch."""

    def __init__(self, schedule: Json) -> None:
        self.schedule, self.rate, self.best, self.bad = schedule, float(schedule["initial"]), np.inf, 0

    def after(self, value: float) -> float:
        """Return the learning rate after an epoch with `value` as the monitored metric."""
        schedule = self.schedule
        ratio = schedule["threshold_of"] == "ratio"
        if value < (self.best * (1 - schedule["threshold"]) if ratio else self.best - schedule["threshold"]):
            self.best, self.bad = value, 0
            return self.rate
        self.bad += 1
        if self.bad >= schedule["patience"] + (schedule["bad_epochs"] == "one_more"):
            self.rate, self.bad = self.rate * schedule["factor"], 0
        return self.rate


def rates_by_epoch(schedule: Json, reported: Mapping[str, Sequence[float] | np.ndarray]) -> list[float]:
    """Return the learning rates of all epochs and the rate after the last one, by a ReduceOnPlateau in plain JSON.

    `reported` holds the reported metrics by name, each with one value per epoch.
    """
    plateau = Plateau(schedule)
    return [schedule["initial"]] + [plateau.after(value) for value in reported.get(schedule["monitor"], ())]


class Stopping:
    """An EarlyStopping in plain JSON, or `none`."""

    def __init__(self, settings: Json | str) -> None:
        self.settings, self.bad = None if isinstance(settings, str) else settings, 0
        self.best = None if self.settings and self.settings["first_nan"] == "best" else np.inf
        self.best_weights: Arrays | None = None

    def after(self, reported: Mapping[str, float], weights: Arrays) -> bool:
        """Whether the training ends after an epoch, given its reported metrics and the weights at its end."""
        if self.settings is None:
            return False
        if self.best_weights is None:
            self.best_weights = weights
        value = reported[self.settings["monitor"]]
        if not np.isfinite(value) and self.settings["not_finite"] == "stops":
            return True
        if self.best is None or value < self.best:
            self.best, self.bad, self.best_weights = value, 0, weights
            return False
        self.bad += 1
        return bool(self.bad >= (self.settings["patience"] or 0))

    def restored(self, stopped: bool) -> Arrays | None:
        """Return the weights that the training returns, or None for those of its last epoch.

        `stopped` says whether `after` has ended the training.
        """
        if self.settings is None or self.settings["restore_best_weights"] is False:
            return None
        return self.best_weights if stopped or self.settings["restored"] != "when_stopped" else None
