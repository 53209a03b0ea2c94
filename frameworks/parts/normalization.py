"""Normalization by a mean and a variance, forward and backward. Python 3.6 and NumPy 1.16."""
import numpy as np


def epsilon_of(layer, x, default=1e-3):
    """What is added to the variance; papers have none, or a small constant, and Keras's is taken."""
    return x.dtype.type(default if layer["epsilon"] is None else layer["epsilon"])


def normalized(x, axes, epsilon):
    """(numbers of mean 0 and variance 1 over these axes, the root that they were divided by)."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axes, keepdims=True) + epsilon)
    return centred / deviation, deviation


def pullback(x, gradient, axes, epsilon):
    """The gradient of x from that of the normalized numbers."""
    normal, deviation = normalized(x, axes, epsilon)
    return (gradient - gradient.mean(axes, keepdims=True)
            - normal * (gradient * normal).mean(axes, keepdims=True)) / deviation


def scale_and_shift(normal, gradient):
    """The gradients of gamma and beta, one for each number of the last axis."""
    of_batch = tuple(range(normal.ndim - 1))
    return (gradient * normal).sum(of_batch), gradient.sum(of_batch)
