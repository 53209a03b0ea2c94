"""Names of the weights of layers. Python 3.6.

A weight is named by the index of its layer in the spec and its name in the layer, as in `1.kernel`. A layer is plain
JSON.
"""
from frameworks.parts import part_of


def names_of(layer):
    """Return the names of a layer's weights, in the order in which frameworks list them."""
    return part_of(layer).names


def has_gradients(layer):
    """Whether a layer has weights with gradients; also true for a frozen layer."""
    part = part_of(layer)
    return bool(part.names) and not part.is_random


def is_trained(layer):
    """Whether gradients change the weights of a layer; False for a layer without such weights."""
    return has_gradients(layer) and layer.get("trainable", True)


def is_random(layer):
    """Whether a layer draws random numbers in every training step."""
    return part_of(layer).is_random


def changing(layers):
    """Return the names of all weights that training changes; `layers` is a list of (name, layer)."""
    return [name + "." + weight for name, layer in layers for weight in names_of(layer)
            if weight in part_of(layer).moving or is_trained(layer)]


def trained(layers):
    """Return the names of the weights that training changes by a gradient; `layers` is a list of (name, layer)."""
    return [name + "." + weight for name, layer in layers if is_trained(layer) for weight in names_of(layer)
            if weight not in part_of(layer).moving]
