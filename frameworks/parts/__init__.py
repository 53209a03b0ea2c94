"""One file per layer: its weights, its math in NumPy, its default rules, and examples from which tests are generated.

To add a layer, add its class to `scenarios/spec/layers.py`, its file and its entry in `LAYERS` here, and its builder to
`keras/layers.py` and `lightning/layers.py`. `tests/unit/test_parts.py` reports what is missing.

Python 3.6 and NumPy 1.16, since workers of old Keras versions import this package to name the weights of their layers.
"""
import functools
import importlib

LAYERS = {
    "Flatten": "flatten", "Dense": "dense", "Conv2D": "conv2d", "MaxPooling2D": "max_pooling2d",
    "AveragePooling2D": "average_pooling2d", "GlobalAveragePooling2D": "global_average_pooling2d",
    "LayerNormalization": "layer_normalization", "GroupNormalization": "group_normalization",
    "BatchNormalization": "batch_normalization", "Dropout": "dropout", "Activation": "activation",
}
"""By the name of a class of the spec, the module of this package that defines its `PART`."""


def part_of(layer):
    """Return the `LayerPart` of a layer, which is given as plain JSON or by the name of its class."""
    return _part(layer if isinstance(layer, str) else layer["is"])


@functools.lru_cache(maxsize=None)  # every forward pass looks up the part of every layer
def _part(name):
    return importlib.import_module("frameworks.parts." + LAYERS[name]).PART
