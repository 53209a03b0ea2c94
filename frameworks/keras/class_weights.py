"""Class weights in Keras, which finds the weight of each sample itself.

The argument of `fit` is in `configuration.class_weight`.
"""
import numpy as np

from frameworks.keras.api import KERAS_3, VERSION, keras, ops
from frameworks.keras.configuration import by_weights
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of


def batch_mean(loss, labels):
    """Returns a function (labels, losses per sample) -> loss of a batch with class weights, or None without class
    weights.

    Keras passes the weights beside the labels. A function of labels and outputs has to look them up again. `labels` is
    the form of the labels, `one_hot` or `index`.
    """
    class_weights = class_weights_of(loss)
    if class_weights == "none":
        return None
    weights = np.array(class_weights["values"], np.float32)

    def mean(y, values):
        one_hot = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), len(weights)) if labels == "index" else y
        sample_weights = ops.sum(ops.cast(one_hot, "float32") * weights, axis=-1)
        total = ops.mean(ops.reshape(values, (-1,)) * sample_weights)
        return total / ops.mean(sample_weights) if by_weights(loss) else total
    return mean


LOSS = getattr(keras.losses, "Loss", object)  # Keras up to 2.2 has no such class


class ByWeights(LOSS):
    """A loss that divides a batch's sum by its weights; Keras divides by the number of samples."""

    def __init__(self, function):
        super(ByWeights, self).__init__(reduction="mean_with_sample_weight")
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)


def divided(function, loss):
    """Returns the function itself, or a loss that divides by the weights if the spec says so. Raises Unsupported."""
    if not by_weights(loss):
        return function
    unsupported = Unsupported("Keras %s does not support class_weights.divisor=weights." % VERSION)
    if not KERAS_3:
        raise unsupported
    try:
        return ByWeights(function)
    except ValueError:  # early versions of Keras 3 lack this reduction too
        raise unsupported from None
