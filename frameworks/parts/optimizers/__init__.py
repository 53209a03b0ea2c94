"""One file per optimizer: its update in NumPy, its default rules, and examples from which tests are generated.

To add an optimizer, add its class to `scenarios/spec/optimizers.py`, its file and its entry in `OPTIMIZERS` here, and
an entry to `keras/configuration.py` and `lightning/configuration.py`. `tests/unit/test_parts.py` reports what is
missing. Python 3.6 and NumPy 1.16.
"""
import importlib

OPTIMIZERS = {"SGD": "sgd", "RMSprop": "rmsprop", "Adagrad": "adagrad", "Adadelta": "adadelta", "Adam": "adam",
              "AdamW": "adamw", "Nadam": "nadam"}
"""By the name of a class of the spec, the module of this package that defines its `PART`."""


def optimizer_part(optimizer):
    """Return the `OptimizerPart` of an optimizer, which is given as plain JSON or by the name of its class."""
    name = optimizer if isinstance(optimizer, str) else optimizer["is"]
    return importlib.import_module("frameworks.parts.optimizers." + OPTIMIZERS[name]).PART
