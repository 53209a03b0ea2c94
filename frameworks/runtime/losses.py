"""A loss in plain JSON: its set fields, and the weights of samples in training and evaluation.

Python 3.6 and NumPy 1.16.
"""
import numpy as np

from frameworks.runtime.accuracy import numbers

OF_LOGITS = {"CategoricalCrossentropy": {"of": "softmax_of_logits", "row_division": False, "clip": 0.0,
                                         "logits_form": True},
             "BinaryCrossentropy": {"of": "sigmoid_of_logits", "log_offset": 0.0, "domain": "clip", "clip": 0.0,
                                    "log_floor": "-inf", "logits_form": True}}
"""By the class of a cross-entropy, its fields where it is computed from the logits."""
NEVER_UNSET = ("is", "label_smoothing", "class_weights")
"""Fields of a loss that are never unset."""


def set_fields(part):
    """Returns the set fields of a loss or an accuracy, out of those that a framework could decide."""
    return {name: value for name, value in part.items() if value is not None and name not in NEVER_UNSET}


def class_weights_of(loss):
    """Returns the class weights of a loss, or `none`."""
    return loss.get("class_weights", "none")


def weighting(spec):
    """Returns the class weights or the sample weights of a spec, or `none`; it has at most one of them."""
    class_weights = class_weights_of(spec["loss"])
    return spec["training"]["sample_weight"] if class_weights == "none" else class_weights


def of_training_set(spec, n):
    """Returns (the weights of n training samples,), float32 of shape (n,), or () where a spec has no sample weights."""
    weights = spec["training"]["sample_weight"]
    return () if weights == "none" else (np.resize(np.array(weights["values"], np.float32), n),)


def of_samples(loss, y):
    """Returns the class weight of each sample, float32 of shape (n,), or None where there are no class weights.

    `y` are labels as `frameworks.runtime.samples` returns them.
    """
    class_weights = class_weights_of(loss)
    return None if class_weights == "none" else np.array(class_weights["values"], np.float32)[numbers(y).astype(int)]


def in_accuracy(weights):
    """Returns whether the accuracy has these class weights or sample weights, which can be `none`."""
    return weights != "none" and bool(weights["in_accuracy"])


def by_weights(weights):
    """Returns whether the sum over a batch is divided by the sum of these weights, which can be `none`."""
    return weights != "none" and weights["divisor"] == "weights"


def kept_activation(spec, by_itself):
    """Returns the index of the last activation where a cross-entropy is computed from its logits despite a Dropout.

    That is a sigmoid or softmax, followed only by Dropout layers that keep its logits; otherwise the result is None.
    `by_itself` says whether the framework keeps them where `Dropout.keeps_logits` is unset.
    """
    layers, dropped = spec["layers"], 0
    while layers[-1 - dropped]["is"] == "Dropout":
        dropped += 1
    kept = all(by_itself if layer["keeps_logits"] is None else layer["keeps_logits"]
               for layer in layers[len(layers) - dropped:])
    squashed = layers[-1 - dropped].get("function") in ("sigmoid", "softmax")
    of_kind = spec["loss"]["is"] in OF_LOGITS
    return len(layers) - 1 - dropped if dropped and kept and squashed and of_kind else None


def from_logits(loss):
    """Returns a cross-entropy with the fields set as Keras on TensorFlow computes it from logits."""
    return dict(loss, **OF_LOGITS[loss["is"]])


def of_epoch(kind, losses, sizes):
    """Returns the training loss that is reported for an epoch, by the field `Training.epoch_loss`.

    `losses` are those of its steps, `sizes` their numbers of samples; `kind` is `last_step`, `mean_of_steps`, or, as
    unset, `mean_of_samples`.
    """
    if kind == "last_step":
        return float(losses[-1])
    return float(np.average(losses, weights=None if kind == "mean_of_steps" else sizes))


def measured(loss, by_itself):
    """Returns the loss as it is computed in an evaluation: without class weights where it does not use them.

    `by_itself` says whether the framework uses them in evaluation where the field `in_test` is unset.
    """
    class_weights = class_weights_of(loss)
    if class_weights == "none" or (by_itself if class_weights["in_test"] is None else class_weights["in_test"]):
        return loss
    return dict(loss, class_weights="none")
