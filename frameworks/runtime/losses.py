"""A loss in plain JSON: its set fields, and the class weights of samples in training and evaluation.

Python 3.6 and NumPy 1.16.
"""
import numpy as np

from frameworks.runtime.accuracy import numbers

NEVER_UNSET = ("is", "label_smoothing", "class_weights")
"""Fields of a loss that are never unset."""


def set_fields(part):
    """Returns the set fields of a loss or an accuracy, out of those that a framework could decide."""
    return {name: value for name, value in part.items() if value is not None and name not in NEVER_UNSET}


def class_weights_of(loss):
    """Returns the class weights of a loss, or `none`."""
    return loss.get("class_weights", "none")


def of_samples(loss, y):
    """Returns the weight of each sample, float32 of shape (n,), or None where there are no weights.

    `y` are labels as `frameworks.runtime.samples` returns them.
    """
    class_weights = class_weights_of(loss)
    return None if class_weights == "none" else np.array(class_weights["values"], np.float32)[numbers(y).astype(int)]


def weighs_accuracy(loss):
    """Returns whether the accuracy has the class weights of a loss."""
    class_weights = class_weights_of(loss)
    return class_weights != "none" and bool(class_weights["in_accuracy"])


def of_epoch(kind, losses, sizes):
    """Returns the training loss that is reported for an epoch, by the field `Training.epoch_loss`.

    `losses` are those of its steps, `sizes` their numbers of samples.
    """
    if kind == "last_step":
        return float(losses[-1])
    return float(np.average(losses, weights=None if kind == "mean_of_steps" else sizes))


def measured(loss, by_itself):
    """Returns the loss as it is evaluated, which may have no class weights.

    `by_itself` says whether the framework uses them in evaluation where the field `in_test` is unset.
    """
    class_weights = class_weights_of(loss)
    if class_weights == "none" or (by_itself if class_weights["in_test"] is None else class_weights["in_test"]):
        return loss
    return dict(loss, class_weights="none")
