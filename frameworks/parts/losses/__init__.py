"""One file per loss: its value and gradient in NumPy, its default rules, and examples from which tests are generated.

To add a loss, add its class to `scenarios/spec/losses.py`, its file and its entry in `LOSSES` here, and its builder to
`keras/losses.py` and `lightning/losses.py`. `tests/unit/test_parts.py` reports what is missing. Python 3.6, NumPy 1.16.
"""
import importlib

LOSSES = {
    "CategoricalCrossentropy": "categorical_crossentropy", "BinaryCrossentropy": "binary_crossentropy",
    "MeanSquaredError": "mean_squared_error", "MeanAbsoluteError": "mean_absolute_error",
    "QuadraticCost": "quadratic_cost", "Huber": "huber", "KLDivergence": "kl_divergence", "Hinge": "hinge",
    "CategoricalHinge": "categorical_hinge", "Poisson": "poisson",
}
"""By the name of a class of the spec, the module of this package that defines its `PART`."""


def loss_part(loss):
    """Return the `LossPart` of a loss, which is given as plain JSON or by the name of its class."""
    name = loss if isinstance(loss, str) else loss["is"]
    return importlib.import_module("frameworks.parts.losses." + LOSSES[name]).PART
