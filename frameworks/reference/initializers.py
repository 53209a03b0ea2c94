"""Drawing weights by a spec's initializers, float32; open ones by Glorot's rule with zero biases, as in the paper."""
import numpy as np

from frameworks.reference.layers import after
from frameworks.runtime.layers import MASKS, PARTS

DEFAULTS = {"kernel": "GlorotUniform", "bias": "Zeros", "gamma": "Ones", "beta": "Zeros", "moving_mean": "Zeros",
            "moving_variance": "Ones", "masks": "Kept", "step": "Zeros"}


def draw(layers, shape, generator):
    """Weights by name for `layers`, a list of (name, layer as plain JSON), fed samples of `shape`."""
    weights, value = {}, np.zeros((1,) + tuple(shape), np.float32)
    for name, layer in layers:
        sizes, fans = sizes_of(layer, value.shape)
        for part in PARTS.get(layer["is"], ()):
            initializer = layer.get(part) or dict(layer, **{"is": DEFAULTS[part]})
            drawn = INITIALIZERS[initializer["is"]](initializer, fans, sizes[part], generator)
            weights[name + "." + part] = drawn.astype(np.float32)
        value = after(name, layer, weights, value)
    return weights


def sizes_of(layer, shape):
    """(the shape of every weight of a layer by part, numbers that go into an output and outputs one goes to)."""
    inputs = shape[-1]
    if layer["is"] == "Dense":
        return {"kernel": (inputs, layer["units"]), "bias": (layer["units"],)}, (inputs, layer["units"])
    if layer["is"] == "Conv2D":
        window = layer["kernel_size"], layer["kernel_size"]
        fans = window[0] * window[1] * inputs, window[0] * window[1] * layer["filters"]
        return {"kernel": window + (inputs, layer["filters"]), "bias": (layer["filters"],)}, fans
    sizes = dict.fromkeys(PARTS.get(layer["is"], ()), (inputs,))
    return dict(sizes, masks=(MASKS, inputs), step=()), (inputs, inputs)


def zeros(initializer, fans, size, generator):
    return np.zeros(size)


def ones(initializer, fans, size, generator):
    return np.ones(size)


def normal(initializer, fans, size, generator):
    return generator.normal(initializer["mean"], initializer["stddev"], size)


def kept(initializer, fans, size, generator):
    return generator.random(size) >= initializer["rate"]


def glorot_uniform(initializer, fans, size, generator):
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, size)


def fan_in_uniform(initializer, fans, size, generator):
    return generator.uniform(-1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), size)


INITIALIZERS = {"Zeros": zeros, "Ones": ones, "Normal": normal, "GlorotUniform": glorot_uniform,
                "FanInUniform": fan_in_uniform, "Kept": kept}
