"""The measures of the catalogue's rows."""

from math import isfinite


def first_loss(trace):
    """The loss of the first step, before any update."""
    return float(trace["step/loss"][0])


def last_loss(trace):
    """The loss of the last step."""
    return float(trace["step/loss"][-1])


def tested(trace):
    """The test loss that the framework reports after the last epoch."""
    return float(trace["reported/test/loss"][-1])


def largest_loss(trace):
    """The largest loss of a step."""
    return max(float(loss) for loss in trace["step/loss"])


def fall(trace):
    """The relative decrease of the first batch's loss in the first step."""
    return 1 - float(trace["probe/0/loss_after"]) / float(trace["probe/0/loss"])


def moved(trace):
    """The largest change of an entry of the first kernel in the first step."""
    return max(_largest_change(*rows) for rows in zip(*_first_step(trace, "kernel")))


def bias_moved(trace):
    """The largest change of an entry of the first bias in the first step."""
    return _largest_change(*_first_step(trace, "bias"))


def row_moved(weight, row):
    """Returns a measure: the largest change of an entry in one row of a weight in the first step."""
    def measure(trace):
        return float(abs(trace[f"state/0/weight/{weight}"][row] - trace[f"probe/0/weight/{weight}"][row]).max())
    return measure


def rate_after(n_steps):
    """Returns a measure: the rate after so many steps relative to the first rate, for SGD without momentum."""
    def measure(trace):
        return _rate(trace, n_steps) / _rate(trace, 0)
    return measure


def printed_rate(trace):
    """The learning rate that is printed for the first epoch, relative to 0.1."""
    return float(trace["reported/train/learning_rate"][0]) / 0.1


def _rate(trace, step):
    """The rate of a step, from the entry of the first bias with the largest gradient."""
    before, after, gradient = (trace[f"{prefix}/1.bias"] for prefix in (
        f"state/{step}/weight", f"probe/{step}/weight", f"probe/{step}/gradient"))
    largest = max(range(len(gradient)), key=lambda i: abs(float(gradient[i])))
    return (float(before[largest]) - float(after[largest])) / float(gradient[largest])


def second_step(trace):
    """The largest change of the first bias in the second step relative to that in the first step."""
    return _largest_change(trace["state/1/weight/1.bias"], trace["probe/1/weight/1.bias"]) / bias_moved(trace)


def moved_in(step):
    """Returns a measure: the largest change of the first bias in a step, counted from 0."""
    return lambda trace: _largest_change(trace[f"state/{step}/weight/1.bias"], trace[f"probe/{step}/weight/1.bias"])


def steps(trace):
    """The number of training steps."""
    return float(len(trace["step/loss"]))


def left_beside_the_first(trace):
    """The training loss at the weights that the training leaves, relative to that after the first epoch."""
    return float(trace["evaluated/train/loss"][-1]) / float(trace["evaluated/train/loss"][0])


def epochs(trace):
    """The number of trained epochs."""
    return float(len(trace["reported/train/loss"]))


def reordered(trace):
    """The share of steps in which the batches of the first and the second epoch differ, by the checksums of labels."""
    half = len(trace["batch_checksum/labels"]) // 2
    return float((trace["batch_checksum/labels"][:half] != trace["batch_checksum/labels"][half:]).mean())


def has_a_loss(trace):
    """1 if the first epoch has a finite loss, 0 if the training was refused or the loss is not finite."""
    return float("reported/train/loss" in trace and isfinite(trace["reported/train/loss"][0]))


def reported_accuracy(trace):
    """The training accuracy that the framework reports for the last epoch."""
    return float(trace["reported/train/accuracy"][-1])


def reported_metric(name):
    """Returns a measure: the metric of the training samples that the framework reports for the last epoch."""
    return lambda trace: float(trace[f"reported/train/{name}"][-1])


def above_accuracy(trace):
    """By how much the reported categorical accuracy of the last epoch exceeds the accuracy."""
    return reported_metric("categorical_accuracy")(trace) - reported_accuracy(trace)


def from_one_half(trace):
    """The distance of the reported AUC of the last epoch from one half."""
    return abs(reported_metric("auc")(trace) - 0.5)


def root_beside_mean(trace):
    """The square of the reported root mean squared error of the last epoch, relative to the mean squared error."""
    return reported_metric("root_mean_squared_error")(trace) ** 2 / reported_metric("mean_squared_error")(trace)


def weighting(sizes):
    """Returns a measure: 1 if the reported loss of an epoch is the mean over its samples, 0 if it is the mean of its
    steps, which have `sizes` samples."""
    def measure(trace):
        losses = [float(loss) for loss in trace["step/loss"][:len(sizes)]]
        of_samples = sum(size * loss for size, loss in zip(sizes, losses)) / sum(sizes)
        of_steps = sum(losses) / len(losses)
        return (float(trace["reported/train/loss"][0]) - of_steps) / (of_samples - of_steps)
    return measure


def off_the_share(trace):
    """The difference between the reported training accuracy and the share of images that are predicted right, for
    weights that do not move."""
    return abs(reported_accuracy(trace) - float(trace["accuracy_by_rule/train/argmax_outputs"][-1]))


def off_the_threshold(trace):
    """The difference between the accuracy of the first step and that of the threshold rule.

    The rule has the spec's threshold, so this is for specs in which frameworks do not differ in it.
    """
    accuracy, by_threshold = (float(trace[f"probe/0/{name}"]) for name in ("accuracy", "accuracy_by_rule/threshold"))
    return abs(accuracy - by_threshold)


def evaluated_off_the_threshold(trace):
    """The difference between the accuracy of an evaluation before the first step and that of the threshold 0.5.

    The trace has no labels of the test set. A label is the prediction of the last weights where that is correct, and
    the other class elsewhere.
    """
    outputs = trace["probe/0/evaluated/outputs"][:, 0]
    labels = (trace["predicted/test"].astype(bool) == trace["correct/test"].astype(bool))[:len(outputs)]
    return abs(float(trace["probe/0/evaluated/accuracy"]) - float(((outputs > 0.5) == labels).mean()))


def loss_of_a_wrong_one(trace):
    """The loss per misclassified sample in the first step, if the loss of all other samples is 0."""
    return float(trace["probe/0/loss"]) / (1 - float(trace["probe/0/accuracy_by_rule/threshold"]))


def largest(weight):
    """Returns a measure: the largest absolute value of a weight before the first step."""
    return lambda trace: float(abs(trace[f"state/0/weight/{weight}"]).max())


def largest_after(weight):
    """Returns a measure: the largest absolute value of a weight after the first step."""
    return lambda trace: float(abs(trace[f"probe/0/weight/{weight}"]).max())


def _first_step(trace, kind):
    """The kernel or bias of the first layer with weights, before and after the first step."""
    return trace[f"state/0/weight/1.{kind}"], trace[f"probe/0/weight/1.{kind}"]


def _largest_change(before, after):
    return max(abs(float(new) - float(old)) for old, new in zip(before, after))
