"""Draws float32 weights with the initializers of a spec. Unset initializers are Glorot uniform with zero biases."""
import numpy as np

from frameworks.parts import part_of
from frameworks.reference.layers import after

DEFAULTS = {"kernel": "GlorotUniform", "bias": "Zeros"}


def draw(layers, shape, generator):
    """Return weights by name for `layers`, a list of (name, layer as plain JSON), and samples of `shape`."""
    weights, value = {}, np.zeros((1,) + tuple(shape), np.float32)
    for name, layer in layers:
        part, inputs = part_of(layer), value.shape[-1]
        sizes, defaults = part.sizes(layer, inputs), dict(DEFAULTS, **part.initial)
        for weight in part.names:
            initializer = layer.get(weight) or dict(layer, **{"is": defaults[weight]})
            drawn = INITIALIZERS[initializer["is"]](initializer, part.fans(layer, inputs), sizes[weight], generator)
            weights[name + "." + weight] = drawn.astype(np.float32)
        value = after(name, layer, weights, value)
    return weights


def zeros(initializer, fans, size, generator):
    return np.zeros(size)


def ones(initializer, fans, size, generator):
    return np.ones(size)


def normal(initializer, fans, size, generator):
    return generator.normal(initializer["mean"], initializer["stddev"], size)


def kept(initializer, fans, size, generator):
    """Draw dropout masks: True where an input is kept."""
    return generator.random(size) >= initializer["rate"]


def glorot_uniform(initializer, fans, size, generator):
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, size)


def fan_in_uniform(initializer, fans, size, generator):
    return generator.uniform(-1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), size)


INITIALIZERS = {"Zeros": zeros, "Ones": ones, "Normal": normal, "GlorotUniform": glorot_uniform,
                "FanInUniform": fan_in_uniform, "Kept": kept}
"""By name: (initializer as plain JSON, (fan-in, fan-out), shape, NumPy generator) -> array."""
