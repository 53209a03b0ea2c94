"""Logarithms that losses share, their pullbacks, and explanations about them. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.activation import softmax
from frameworks.runtime.errors import Undefined

ROUNDED = "Keras takes the logarithm of the rounded float32 outputs, not of the logits"
"""The explanation of both cross-entropies of Keras where they are computed from the outputs."""
ROUNDED_NOT = "Keras computes the loss from the logits, without rounding the outputs first"
"""Their explanation where Keras before tf.keras 2.4 recognizes a softmax or sigmoid output."""


def log_softmax(v):
    """Return v − log Σ e^v over the last axis."""
    v = v - v.max(-1, keepdims=True)
    return v - np.log(np.exp(v).sum(-1, keepdims=True))


def log_softmax_pullback(v):
    """Return the pullback of `log_softmax` at v: a function of the gradient of its output."""
    return lambda g: g - softmax(v) * g.sum(-1, keepdims=True)


def log_sigmoid(v):
    """Return log(1 / (1 + e^-v)), accurate for large |v|."""
    return np.minimum(v, 0) - np.log1p(np.exp(-np.abs(v)))


def log(q, needed):
    """Return (log q where it is `needed` and 0 elsewhere, the pullback).

    `needed` are booleans in the shape of q. Raises Undefined if a needed q is <= 0.
    """
    if (needed & (q <= 0)).any():
        raise Undefined("the logarithm of %g" % q[needed & (q <= 0)][0])
    safe = np.where(needed, q, 1)
    return np.log(safe), lambda g: np.where(needed, g / safe, 0)
