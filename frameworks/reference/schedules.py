"""Learning rates that change, and early stopping; the defaults of open fields are the table's."""
import numpy as np


def rate(schedule, optimizer_state, steps, dtype):
    """The rate of the step after `optimizer_state["step"]` others; `steps` are those of an epoch.

    That of a plateau is a slot, `rate`. A schedule's `scale`, which no spec has, multiplies every rate.
    """
    number = np.dtype(dtype).type
    of_step = number(optimizer_state.get("rate", schedule["initial"])) if on_plateau(schedule) else \
        _of_step(schedule, int(optimizer_state.get("step", 0)), steps, number)
    return number(schedule.get("scale", 1)) * of_step


def rate_before(schedule, optimizer_state, steps, dtype):
    """The rate of the step that was taken last; at the start that of the first one."""
    done = int(optimizer_state.get("step", 0))
    return rate(schedule, dict(optimizer_state, step=max(done - 1, 0),
                               rate=optimizer_state.get("last_rate", optimizer_state.get(
        "rate", schedule["initial"]))), steps, dtype)


def on_plateau(rate):
    """Whether a learning rate of plain JSON follows a number of the epochs, and not the steps."""
    return isinstance(rate, dict) and rate["is"] == "ReduceOnPlateau"


def _of_step(schedule, step, steps, number):
    done = step // steps if schedule["per"] == "epoch" else step
    if schedule["is"] == "CosineDecay":
        n = done if schedule["after"] == "rises" else min(done, schedule["length"])
        return number(schedule["initial"]) * (1 + np.cos(number(np.pi) * (number(n) / number(schedule["length"])))) / 2
    n = number(done) / number(schedule["every"])
    return number(schedule["initial"]) * number(schedule["factor"]) ** (np.floor(n) if schedule["staircase"] else n)


class Plateau(object):
    """The rate of a ReduceOnPlateau of plain JSON, epoch after epoch."""

    def __init__(self, schedule):
        self.schedule, self.rate, self.best, self.bad = schedule, float(schedule["initial"]), np.inf, 0

    def after(self, value):
        """The rate after an epoch whose watched number is `value`."""
        told = self.schedule
        ratio = told["threshold_of"] == "ratio"
        if value < (self.best * (1 - told["threshold"]) if ratio else self.best - told["threshold"]):
            self.best, self.bad = value, 0
            return self.rate
        self.bad += 1
        if self.bad >= told["patience"] + (told["bad_epochs"] == "one_more"):
            self.rate, self.bad = self.rate * told["factor"], 0
        return self.rate


def rates_by_epoch(schedule, reported):
    """The rate of every epoch, and of the one after them, by a ReduceOnPlateau of plain JSON and what epochs reported.

    `reported` has the numbers of the epochs by name.
    """
    plateau = Plateau(schedule)
    return [schedule["initial"]] + [plateau.after(value) for value in reported.get(schedule["monitor"], ())]


class Stopping(object):
    """An EarlyStopping of plain JSON, or none."""

    def __init__(self, told):
        self.told, self.bad = told, 0
        self.best = None if told != "none" and told["first_nan"] == "best" else np.inf

    def after(self, reported):
        """Whether the training ends after an epoch that reports this."""
        if self.told == "none":
            return False
        value = reported[self.told["monitor"]]
        if not np.isfinite(value) and self.told["not_finite"] == "stops":
            return True
        if self.best is None or value < self.best:
            self.best, self.bad = value, 0
            return False
        self.bad += 1
        return self.bad >= (self.told["patience"] or 0)
