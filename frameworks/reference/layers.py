"""Forward and backward of the layers. Arrays have shape (batch, width)."""
from functools import partial

import numpy as np
from scipy import special


def sigmoid(z):
    """1 / (1 + e^-z), computed without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softmax(z):
    """e^z / Σ e^z over the last axis."""
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def softmax_pullback(p, g):
    """The gradient of the input from that of the output p."""
    return p * (g - (g * p).sum(-1, keepdims=True))


def gelu(z, approximate=False):
    """z · Φ(z); the defaults are the textbook's here and below."""
    return z * (_rough_normal(z)[0] if approximate else special.ndtr(z)).astype(z.dtype)


def gelu_pullback(z, p, g, approximate=False):
    """Φ(z) + z · Φ'(z), times g."""
    if approximate:
        share, slope = _rough_normal(z)
    else:
        share, slope = special.ndtr(z), np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return (g * (share + z * slope)).astype(z.dtype)


def _rough_normal(z):
    """(what stands for Φ(z), its slope)."""
    root = np.sqrt(2 / np.pi)
    tanh = np.tanh(root * (z + 0.044715 * z ** 3))
    return (1 + tanh) / 2, (1 - tanh * tanh) / 2 * root * (1 + 3 * 0.044715 * z * z)


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z, p, g: g * p * (1 - p)),
    "softmax": (softmax, lambda z, p, g: softmax_pullback(p, g)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, p, g: g * (p > 0)),
    "tanh": (np.tanh, lambda z, p, g: g * (1 - p * p)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z, p, g: g * np.where(z > 0, 1, p + 1)),
    "LeakyReLU": (lambda z, slope=0.01: np.where(z > 0, z, z * np.asarray(slope, z.dtype)),
                  lambda z, p, g, slope=0.01: g * np.where(z > 0, 1, slope).astype(z.dtype)),
    "GELU": (gelu, gelu_pullback),
    "HardSigmoid": (lambda z, slope=1 / 6: np.clip(z * np.asarray(slope, z.dtype) + z.dtype.type(0.5), 0, 1),
                    lambda z, p, g, slope=1 / 6: g * np.where((p > 0) & (p < 1), slope, 0).astype(z.dtype)),
}
"""By name: the function, and (input, output, gradient of the output) -> gradient of the input."""
ACTIVATIONS["LeakyReLUByName"] = ACTIVATIONS["LeakyReLU"]


def activation(function):
    """(function, pullback) of plain JSON: a name, or a class with its fields."""
    if isinstance(function, str):
        return ACTIVATIONS[function]
    given = {name: value for name, value in function.items() if value is not None and name != "is"}
    return tuple(partial(part, **given) for part in ACTIVATIONS[function["is"]])


def forward(layers, weights, x):
    """The value before every layer and after the last; `layers` is a list of (name, layer as plain JSON)."""
    values = [x]
    for name, layer in layers:
        if layer["is"] == "Flatten":
            value = values[-1].reshape(len(x), -1)
        elif layer["is"] == "Dense":
            value = values[-1] @ weights[name + ".kernel"] + weights[name + ".bias"]
        else:
            value = activation(layer["function"])[0](values[-1])
        values.append(value)
    return values


def backward(layers, weights, values, gradient):
    """Gradients of the trainable weights by name, from the gradient of the last of `values`."""
    gradients = {}
    trained = [i for i, (_, layer) in enumerate(layers) if layer["is"] == "Dense" and layer["trainable"]]
    for i in reversed(range(trained[0], len(layers))):
        name, layer = layers[i]
        if layer["is"] == "Dense":
            gradients[name + ".kernel"] = values[i].T @ gradient
            gradients[name + ".bias"] = gradient.sum(0)
            if i > trained[0]:
                gradient = gradient @ weights[name + ".kernel"].T
        elif layer["is"] == "Activation":
            gradient = activation(layer["function"])[1](values[i], values[i + 1], gradient)
    return gradients
