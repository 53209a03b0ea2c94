"""Normalization by a mean and a variance, forward and backward. Python 3.6 and NumPy 1.16."""
import numpy as np


def epsilon_of(layer, x, default=1e-3):
    """Return the number that is added to the variance, in the dtype of x; unset, it is Keras's: papers give none."""
    return x.dtype.type(default if layer["epsilon"] is None else layer["epsilon"])


def normalized(x, axes, epsilon):
    """Return ((x - mean) / divisor, divisor), where the divisor is sqrt(variance + epsilon) over these axes."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axes, keepdims=True) + epsilon)
    return centred / deviation, deviation


def pullback(x, gradient, axes, epsilon):
    """Return the gradient of x from the gradient of `normalized(x, axes, epsilon)[0]`."""
    normal, deviation = normalized(x, axes, epsilon)
    return (gradient - gradient.mean(axes, keepdims=True)
            - normal * (gradient * normal).mean(axes, keepdims=True)) / deviation


def scale_and_shift(normal, gradient):
    """Return the gradients of gamma and beta, both of shape (size of the last axis,)."""
    axes = tuple(range(normal.ndim - 1))
    return (gradient * normal).sum(axes), gradient.sum(axes)
