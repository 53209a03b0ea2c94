"""Drawing weights by a spec's initializers, float32; open ones by Glorot's rule with zero biases, as in the paper."""
import numpy as np


def draw(layers, shape, generator):
    """Weights by name for `layers`, a list of (name, layer as plain JSON), fed samples of `shape`."""
    weights, width = {}, int(np.prod(shape))
    for name, layer in layers:
        if layer["is"] == "Dense":
            for part, default, size in (("kernel", "GlorotUniform", (width, layer["units"])),
                                        ("bias", "Zeros", (layer["units"],))):
                initializer = layer[part] or {"is": default}
                fans = width, layer["units"]
                weights[name + "." + part] = INITIALIZERS[initializer["is"]](initializer, fans, size, generator)
            width = layer["units"]
    return {name: value.astype(np.float32) for name, value in weights.items()}


def zeros(initializer, fans, size, generator):
    return np.zeros(size)


def normal(initializer, fans, size, generator):
    return generator.normal(initializer["mean"], initializer["stddev"], size)


def glorot_uniform(initializer, fans, size, generator):
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, size)


def fan_in_uniform(initializer, fans, size, generator):
    return generator.uniform(-1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), size)


INITIALIZERS = {"Zeros": zeros, "Normal": normal, "GlorotUniform": glorot_uniform, "FanInUniform": fan_in_uniform}
