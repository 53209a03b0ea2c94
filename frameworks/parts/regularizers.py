"""Regularizers of a layer in NumPy: what they add to the loss, and to gradients. Python 3.6 and NumPy 1.16.

A layer is plain JSON. `kernel_regularizer` and `bias_regularizer` apply to weights. `activity_regularizer` applies to
the outputs of the layer; the caller divides its penalty and gradient by the number of samples in the batch, as Keras
does (keras/src/layers/layer.py:1021).
"""
import numpy as np

WEIGHTS = ("kernel", "bias")


def of_weights(layer):
    """Return the regularizers of the weights of a layer as plain JSON, by the name of the weight, as in `kernel`."""
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
    """Return what a regularizer adds to the loss: factor · Σ |values| (L1), or factor · Σ values² (L2)."""
    total = abs(values).sum() if regularizer["is"] == "L1" else np.square(values).sum()
    return values.dtype.type(regularizer["factor"]) * total


def slope(regularizer, values):
    """Return the gradient of `penalty` with respect to `values`, in their shape; for L1, it is 0 where a value is 0."""
    factor = values.dtype.type(regularizer["factor"])
    return factor * np.sign(values) if regularizer["is"] == "L1" else 2 * factor * values
