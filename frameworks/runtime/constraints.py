"""Keras's constraints of weights, applied after every update (keras/src/constraints/constraints.py in 3.15.1).

A constraint is the name of its class and its `settings`, those of Keras's `get_config`. Python 3.6.
"""
import numpy as np

EPSILON = 1e-7
"""keras.config.epsilon(), which Keras adds to a norm."""


def constrained(value, name, settings):
    """Returns the value of a variable, in Keras's layout, with a constraint of `KNOWN` applied."""
    if name == "NonNeg":
        return np.maximum(value, 0)
    norms = norms_of(value, settings)
    return value * (allowed(norms, name, settings) / (norms + EPSILON))


def allowed(norms, name, settings):
    """Returns the norms that a variable with these norms has after `UnitNorm`, `MaxNorm` or `MinMaxNorm`."""
    if name == "UnitNorm":
        return 1.0
    if name == "MaxNorm":
        return np.clip(norms, 0, settings["max_value"])
    rate = settings["rate"]
    return rate * np.clip(norms, settings["min_value"], settings["max_value"]) + (1 - rate) * norms


def violating(value, name, settings):
    """Returns the value of a variable, scaled so that every norm exceeds the largest allowed one, and the constraint
    has an effect; constraints without a largest norm leave the value as it is.
    """
    if name not in ("MaxNorm", "MinMaxNorm"):
        return value
    return value * np.maximum(1.0, BEYOND * settings["max_value"] / (norms_of(value, settings) + EPSILON))


def norms_of(value, settings):
    """Returns the Euclidean norms that a constraint limits: over its `axis`, which is kept with size 1."""
    axis = settings.get("axis", 0)
    return np.sqrt(np.square(value).sum(tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True))


BEYOND = 1.5
"""The least norm of `violating`, as a multiple of the largest allowed one."""
KNOWN = ("NonNeg", "UnitNorm", "MaxNorm", "MinMaxNorm")
"""The constraints that `constrained` applies."""
