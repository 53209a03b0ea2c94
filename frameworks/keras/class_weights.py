"""Class weights in Keras, which finds the weight of each sample by itself: the argument of `fit` is in `told`."""
import numpy as np

from frameworks.keras.api import KERAS_3, VERSION, keras, ops
from frameworks.keras.configuration import by_weights
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of


def batch_mean(loss, labels):
    """(labels, losses by sample) -> the loss of a batch, as Keras has it with class weights; None where it has none.

    Keras gets the weights beside the labels; a function of labels and outputs has to find them again.
    """
    told = class_weights_of(loss)
    if told == "none":
        return None
    weights = np.array(told["values"], np.float32)

    def mean(y, values):
        rows = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), len(weights)) if labels == "index" else y
        of_samples = ops.sum(ops.cast(rows, "float32") * weights, axis=-1)
        total = ops.mean(ops.reshape(values, (-1,)) * of_samples)
        return total / ops.mean(of_samples) if by_weights(loss) else total
    return mean


LOSS = getattr(keras.losses, "Loss", object)  # to 2.2 there is none


class ByWeights(LOSS):
    """A loss whose sum over a batch is divided by its weights, where Keras divides by the number of samples."""

    def __init__(self, function):
        super(ByWeights, self).__init__(reduction="mean_with_sample_weight")
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)


def divided(function, loss):
    """The function itself, or, where the divisor is not Keras's, a loss that has it. Raises Unsupported."""
    if not by_weights(loss):
        return function
    refused = Unsupported("Keras %s cannot be told class_weights.divisor=weights." % VERSION)
    if not KERAS_3:
        raise refused
    try:
        return ByWeights(function)
    except ValueError:  # the first of Keras 3 know no such reduction either
        raise refused from None
