"""Regularizers of a layer in NumPy: what they add to the loss, and to gradients. Python 3.6 and NumPy 1.16.

A layer is plain JSON. Its regularizers of weights apply to the weights of the same name, and the one of its activity to
its outputs, and the sum is divided by the number of samples in the batch.
"""
import numpy as np

WEIGHTS = ("kernel", "bias")


def of_weights(layer):
    """Return the regularizer of each regularized weight of a layer, by the name of the weight."""
    return {name: layer[name + "_regularizer"] for name in WEIGHTS
            if layer.get(name + "_regularizer", "none") != "none"}


def of_activity(layer):
    """Return the regularizer of the outputs of a layer, or None."""
    regularizer = layer.get("activity_regularizer", "none")
    return None if regularizer == "none" else regularizer


def all_of(layer):
    """Return all regularizers of a layer."""
    activity = of_activity(layer)
    return list(of_weights(layer).values()) + ([] if activity is None else [activity])


def penalty(regularizer, values):
    """Return what a regularizer adds to the loss for an array, summed."""
    total = abs(values).sum() if regularizer["is"] == "L1" else np.square(values).sum()
    return values.dtype.type(regularizer["factor"]) * total


def slope(regularizer, values):
    """Return the gradient of `penalty`; of a number that is 0, it is 0."""
    factor = values.dtype.type(regularizer["factor"])
    return factor * np.sign(values) if regularizer["is"] == "L1" else 2 * factor * values
