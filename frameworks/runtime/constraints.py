"""Keras's constraints of weights, applied after every update (keras/src/constraints/constraints.py). Python 3.6."""
import numpy as np

EPSILON = 1e-7


def constrained(value, name, settings):
    """Returns a variable in Keras's layout with a constraint applied, given by its class and settings."""
    if name == "NonNeg":
        return np.maximum(value, 0)
    norms = norms_of(value, settings)
    return value * (allowed(norms, name, settings) / (norms + EPSILON))


def allowed(norms, name, settings):
    """Returns the norms that a constraint of norms lets through."""
    if name == "UnitNorm":
        return 1.0
    if name == "MaxNorm":
        return np.clip(norms, 0, settings["max_value"])
    rate = settings["rate"]
    return rate * np.clip(norms, settings["min_value"], settings["max_value"]) + (1 - rate) * norms


def violating(value, name, settings):
    """Returns a variable with every norm above what a constraint lets through, so that the constraint shows."""
    if name not in ("MaxNorm", "MinMaxNorm"):
        return value
    return value * np.maximum(1.0, BEYOND * settings["max_value"] / (norms_of(value, settings) + EPSILON))


def norms_of(value, settings):
    """Returns the norms that a constraint concerns."""
    axis = settings.get("axis", 0)
    return np.sqrt(np.square(value).sum(tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True))


BEYOND = 1.5
KNOWN = ("NonNeg", "UnitNorm", "MaxNorm", "MinMaxNorm")
