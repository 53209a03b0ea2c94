"""Logarithms that losses share, each with its pullback. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.activation import softmax
from frameworks.runtime.errors import Undefined


def log_softmax(v):
    """Return v − log Σ e^v over the last axis."""
    v = v - v.max(-1, keepdims=True)
    return v - np.log(np.exp(v).sum(-1, keepdims=True))


def log_softmax_pullback(v):
    """Return (gradient of log_softmax(v)) -> gradient of v."""
    return lambda g: g - softmax(v) * g.sum(-1, keepdims=True)


def log_sigmoid(v):
    """Return log(1 / (1 + e^-v)), accurate for large |v|."""
    return np.minimum(v, 0) - np.log1p(np.exp(-np.abs(v)))


def log(q, needed):
    """Return (log q where it is needed and 0 elsewhere, the pullback). Raises Undefined if a needed q is <= 0."""
    if (needed & (q <= 0)).any():
        raise Undefined("the logarithm of %g" % q[needed & (q <= 0)][0])
    safe = np.where(needed, q, 1)
    return np.log(safe), lambda g: np.where(needed, g / safe, 0)
