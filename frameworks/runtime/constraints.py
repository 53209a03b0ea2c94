"""Keras's constraints of weights, applied after every update (keras/src/constraints/constraints.py). Python 3.6."""
import numpy as np

EPSILON = 1e-7


def constrained(value, name, settings):
    """Returns a variable in Keras's layout with a constraint applied, given by its class and settings."""
    if name == "NonNeg":
        return np.maximum(value, 0)
    axis = settings.get("axis", 0)
    norms = np.sqrt(np.square(value).sum(tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True))
    return value * (wanted(norms, name, settings) / (norms + EPSILON))


def wanted(norms, name, settings):
    """Returns the norms that a constraint of norms lets through."""
    if name == "UnitNorm":
        return 1.0
    if name == "MaxNorm":
        return np.clip(norms, 0, settings["max_value"])
    rate = settings["rate"]
    return rate * np.clip(norms, settings["min_value"], settings["max_value"]) + (1 - rate) * norms


KNOWN = ("NonNeg", "UnitNorm", "MaxNorm", "MinMaxNorm")
