"""The numbers that rows of the catalogue look at."""

from math import isfinite


def first_loss(trace):
    """The loss of the first step, before anything has moved."""
    return float(trace["step/loss"][0])


def last_loss(trace):
    """The loss of the last step."""
    return float(trace["step/loss"][-1])


def tested(trace):
    """The loss of the test set that the framework reports after the last epoch."""
    return float(trace["reported/test/loss"][-1])


def largest_loss(trace):
    """The largest loss of a step."""
    return max(float(loss) for loss in trace["step/loss"])


def fall(trace):
    """By how much the loss of the first batch falls in the first step, as a part of it."""
    return 1 - float(trace["probe/0/loss_after"]) / float(trace["probe/0/loss"])


def moved(trace):
    """The largest change of a number of the first kernel in the first step."""
    return max(_farthest(*rows) for rows in zip(*_first_step(trace, "kernel")))


def bias_moved(trace):
    """The largest change of a number of the first bias in the first step."""
    return _farthest(*_first_step(trace, "bias"))


def row_moved(weight, row):
    """The largest change in the first step of what is multiplied with one number of a row: a measure."""
    def measure(trace):
        return float(abs(trace[f"state/0/weight/{weight}"][row] - trace[f"probe/0/weight/{weight}"][row]).max())
    return measure


def rate_after(steps):
    """A measure: the rate after so many steps, as a part of the first one; of SGD without momentum."""
    def measure(trace):
        return _rate(trace, steps) / _rate(trace, 0)
    return measure


def _rate(trace, step):
    """What the largest gradient of the first bias is multiplied with in a step."""
    before, after, gradient = (trace[f"{place}/1.bias"] for place in (
        f"state/{step}/weight", f"probe/{step}/weight", f"probe/{step}/gradient"))
    largest = max(range(len(gradient)), key=lambda i: abs(float(gradient[i])))
    return (float(before[largest]) - float(after[largest])) / float(gradient[largest])


def second_step(trace):
    """How far the first bias goes in the second step, as a part of the way of the first one."""
    return _farthest(trace["state/1/weight/1.bias"], trace["probe/1/weight/1.bias"]) / bias_moved(trace)


def moved_in(step):
    """A measure: how far the first bias goes in a step, counted from 0."""
    return lambda trace: _farthest(trace[f"state/{step}/weight/1.bias"], trace[f"probe/{step}/weight/1.bias"])


def steps(trace):
    """How many steps were taken."""
    return float(len(trace["step/loss"]))


def epochs(trace):
    """How many epochs were trained."""
    return float(len(trace["reported/train/loss"]))


def reordered(trace):
    """The share of the second epoch's steps that got other samples than the same ones of the first."""
    half = len(trace["batch_checksum/labels"]) // 2
    return float((trace["batch_checksum/labels"][:half] != trace["batch_checksum/labels"][half:]).mean())


def has_a_loss(trace):
    """1 where the first epoch has a loss, 0 where it was refused or had no value."""
    return float("reported/train/loss" in trace and isfinite(trace["reported/train/loss"][0]))


def reported_accuracy(trace):
    """The training accuracy that the framework reports of the last epoch."""
    return float(trace["reported/train/accuracy"][-1])


def off_the_threshold(trace):
    """How far the accuracy of the first step is from that of the outputs above one half."""
    accuracy, counted = (float(trace[f"probe/0/{name}"]) for name in ("accuracy", "accuracy_by_rule/threshold"))
    return abs(accuracy - counted)


def loss_of_a_wrong_one(trace):
    """The loss of the first step for each sample that is wrong, where the others have none."""
    return float(trace["probe/0/loss"]) / (1 - float(trace["probe/0/accuracy_by_rule/threshold"]))


def largest(weight):
    """The largest number of a weight at the start: a measure."""
    return lambda trace: float(abs(trace[f"state/0/weight/{weight}"]).max())


def largest_after(weight):
    """The same after the first step."""
    return lambda trace: float(abs(trace[f"probe/0/weight/{weight}"]).max())


def _first_step(trace, kind):
    """The first layer's kernel or bias before and after the first step."""
    return trace[f"state/0/weight/1.{kind}"], trace[f"probe/0/weight/1.{kind}"]


def _farthest(before, after):
    return max(abs(float(now) - float(then)) for then, now in zip(before, after))
