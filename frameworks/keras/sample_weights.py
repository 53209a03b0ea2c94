"""Losses with weights of classes or samples in Keras, and their record.

The arguments of `fit` and `compile` are in `configuration`.
"""
import numpy as np

from frameworks.keras.api import KERAS_3, VERSION, keras, ops
from frameworks.keras.configuration import reduction
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import by_weights, class_weights_of

LOSS = getattr(keras.losses, "Loss", object)
"""Keras's class of losses; Keras up to 2.2 has none."""


class ByWeights(LOSS):
    """A loss that divides a batch's sum by its weights; Keras divides by the number of samples."""

    def __init__(self, function):
        super(ByWeights, self).__init__(reduction="mean_with_sample_weight")
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)


class Weighted(LOSS):
    """A loss that records its value for a batch, weighted by the samples; `record` is that of `Recorder.writer`."""

    def __init__(self, function, record, **arguments):
        super(Weighted, self).__init__(**arguments)
        self.function, self.record = function, record

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)

    def __call__(self, y_true, y_pred, sample_weight=None):
        value = super(Weighted, self).__call__(y_true, y_pred, sample_weight)
        return self.record(y_true, y_pred, value, value)


def recorded(spec, function, record):
    """Returns the argument `loss` of `compile`: it computes `function`, the loss of every sample, and records it.

    `record` is what `Recorder.writer` returns. Raises Unsupported where this Keras cannot express the weights of the
    spec.
    """
    if spec["training"]["sample_weight"] != "none":
        if LOSS is object:
            raise Unsupported("Keras %s does not support training.sample_weight: its losses cannot be recorded." %
                              VERSION)
        return _divided(spec, "training.sample_weight", Weighted, function, record, **reduction(spec))
    mean = _mean(spec["loss"], spec["data"]["labels"])

    def of_samples(y_true, y_pred):
        values = function(y_true, y_pred)
        return record(y_true, y_pred, mean(y_true, values), values)
    return _divided(spec, "class_weights", ByWeights, of_samples) if reduction(spec) else of_samples


def _mean(loss, labels):
    """Returns a function (labels, losses per sample) -> loss of a batch, with class weights if there are any.

    A function of labels and outputs does not get the weights that Keras passes to a loss, so it looks them up. `labels`
    is the form of the labels, `one_hot` or `index`.
    """
    class_weights = class_weights_of(loss)
    if class_weights == "none":
        return lambda y, values: ops.mean(values)
    weights = np.array(class_weights["values"], np.float32)

    def mean(y, values):
        one_hot = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), len(weights)) if labels == "index" else y
        sample_weights = ops.sum(ops.cast(one_hot, "float32") * weights, axis=-1)
        total = ops.mean(ops.reshape(values, (-1,)) * sample_weights)
        return total / ops.mean(sample_weights) if by_weights(class_weights) else total
    return mean


def _divided(spec, name, kind, *args, **arguments):
    """Returns a loss of a class. Raises Unsupported where this Keras cannot divide by the weights as the spec says."""
    unsupported = Unsupported("Keras %s does not support %s.divisor=weights." % (VERSION, name))
    if reduction(spec) and not KERAS_3:
        raise unsupported
    try:
        return kind(*args, **arguments)
    except ValueError:  # Keras 3 before 3.7 has no such reduction
        raise unsupported from None
