"""One file a layer: its weights, its NumPy math, its default rules, and examples from which tests are generated.

To add a layer: its class in `scenarios/spec/layers.py`, its file here with its line in `LAYERS`, and its builder in
`keras/layers.py` and in `lightning/layers.py`. `tests/unit/test_parts.py` names whatever is missing.

Python 3.6 and NumPy 1.16, since an old Keras reads the weights of its layers here.
"""
import importlib

LAYERS = {
    "Flatten": "flatten", "Dense": "dense", "Conv2D": "conv2d", "MaxPooling2D": "max_pooling2d",
    "AveragePooling2D": "average_pooling2d", "GlobalAveragePooling2D": "global_average_pooling2d",
    "LayerNormalization": "layer_normalization", "GroupNormalization": "group_normalization",
    "BatchNormalization": "batch_normalization", "Dropout": "dropout", "Activation": "activation",
}
"""By the name of a spec class: the module of this package whose `PART` it is."""


def part_of(layer):
    """The `LayerPart` of a layer as plain JSON, or of the name of its class."""
    name = layer if isinstance(layer, str) else layer["is"]
    return importlib.import_module("frameworks.parts." + LAYERS[name]).PART
