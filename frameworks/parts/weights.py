"""Weights of layers by name. Python 3.6.

A weight is named by its layer's place in the spec, as in `1.kernel`. Kernels of images have shape (height, width,
channels, filters), those of rows (inputs, units).
"""
from frameworks.parts import part_of


def names_of(layer):
    """The names of a layer's weights, in the order in which frameworks list them."""
    return part_of(layer).names


def has_gradients(layer):
    """Whether a layer has weights that gradients could change."""
    part = part_of(layer)
    return len(part.names) > len(part.moving)


def is_trained(layer):
    """Whether gradients change the weights of a layer; False where it has none."""
    return has_gradients(layer) and layer.get("trainable", True)


def is_random(layer):
    """Whether a layer draws in every step."""
    return part_of(layer).is_random


def changing(layers):
    """The names of the weights that training changes; `layers` is a list of (name, layer)."""
    return [name + "." + weight for name, layer in layers for weight in names_of(layer)
            if weight in part_of(layer).moving or is_trained(layer)]


def trained(layers):
    """The names of those that it changes by a gradient."""
    return [name + "." + weight for name, layer in layers if is_trained(layer) for weight in names_of(layer)
            if weight not in part_of(layer).moving]
