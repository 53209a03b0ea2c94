"""Forward and backward of the layers. Arrays have shape (batch, width), those of images as in `images`."""
from functools import partial

import numpy as np
from scipy import special

from frameworks.reference import images
from frameworks.runtime.errors import Refused
from frameworks.runtime.layers import PARTS, is_trained, of_variance, rows_of_masks


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


def flatten(layer, x):
    """All channels of the first place come first, as in Keras: no textbook says so."""
    if layer["order"] == "channels_first" and x.ndim == 4:
        x = x.transpose(0, 3, 1, 2)
    return x.reshape(len(x), -1)


def flatten_pullback(layer, x, y, g):
    if layer["order"] != "channels_first" or x.ndim != 4:
        return g.reshape(x.shape)
    return g.reshape(x.transpose(0, 3, 1, 2).shape).transpose(0, 2, 3, 1)


def normalized(layer, x, gamma, beta, *moving):
    """By the mean and variance of each sample of a LayerNormalization, of each channel of a BatchNormalization."""
    return gamma * _normal(layer, x)[0] + beta


def normalized_pullback(layer, x, y, g, gamma, *rest):
    normal, deviation = _normal(layer, x)
    g, axes = g * gamma, _axes(layer, x)
    return (g - g.mean(axes, keepdims=True) - normal * (g * normal).mean(axes, keepdims=True)) / deviation


def normalized_of_weights(layer, x, g):
    of_batch = tuple(range(x.ndim - 1))
    return (g * _normal(layer, x)[0]).sum(of_batch), g.sum(of_batch)


def _normal(layer, x):
    """(numbers of mean 0 and variance 1, the root that they were divided by)."""
    axes = _axes(layer, x)
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axes, keepdims=True) + _epsilon(layer, x))
    return centred / deviation, deviation


def _axes(layer, x):
    return 1 if layer["is"] == "LayerNormalization" else tuple(range(x.ndim - 1))


def _epsilon(layer, x, default=1e-3):
    """The papers have none, or a small constant: Keras's is taken."""
    return x.dtype.type(default if layer["epsilon"] is None else layer["epsilon"])


def by_moving(layer, x, gamma, beta, moving_mean, moving_variance):
    """A BatchNormalization outside of training."""
    return gamma * ((x - moving_mean) / np.sqrt(moving_variance + _epsilon(layer, x))) + beta


def dropout_in_training(layer, x, masks, step):
    kept = masks[rows_of_masks(int(step), len(x), np.arange(len(x)))]
    return x * kept / x.dtype.type(1 - layer["rate"])


def dropout_pullback(layer, x, y, g, masks, step):
    return dropout_in_training(layer, g, masks, step)


def moved(layers, weights, values):
    """What moves without a gradient, by name, after a step in which the layers got these values."""
    found = {}
    for (name, layer), x in zip(layers, values):
        if layer["is"] in MOVED:
            found.update((name + "." + part, new) for part, new in MOVED[layer["is"]](
                layer, x, *_of(name, layer, weights)).items())
    return found


def moved_by_a_batch(layer, x, gamma, beta, moving_mean, moving_variance):
    axes, kept = tuple(range(x.ndim - 1)), 0.99 if layer["momentum"] is None else layer["momentum"]
    n = x.size // x.shape[-1]
    if n == 1:
        raise Refused("A batch of one number a channel has no variance without a bias.")
    of_batch = x.mean(axes), x.var(axes) * x.dtype.type(of_variance(layer, x.shape, n))
    return {part: old * x.dtype.type(kept) + new * x.dtype.type(1 - kept) for part, old, new in zip(
        ("moving_mean", "moving_variance"), (moving_mean, moving_variance), of_batch)}


FORWARD = {
    "Flatten": flatten, "Dense": lambda layer, x, kernel, bias: x @ kernel + bias,
    "Conv2D": images.conv2d, "MaxPooling2D": images.max_pooling, "AveragePooling2D": images.average_pooling,
    "LayerNormalization": normalized, "BatchNormalization": by_moving,
    "Dropout": lambda layer, x, masks, step: x,
    "Activation": lambda layer, x: activation(layer["function"])[0](x),
}
"""By kind: (layer, input, weights) -> output."""
IN_TRAINING = {**FORWARD, "BatchNormalization": normalized, "Dropout": dropout_in_training}
"""The same within a step."""
MOVED = {"BatchNormalization": moved_by_a_batch, "Dropout": lambda layer, x, masks, step: {"step": step + 1}}
"""By kind: (layer, input, weights) -> what a step makes of them without a gradient, by part."""
PULLBACKS = {
    "Flatten": flatten_pullback, "Dense": lambda layer, x, y, g, kernel, bias: g @ kernel.T,
    "Conv2D": images.conv2d_pullback, "MaxPooling2D": images.max_pooling_pullback,
    "AveragePooling2D": images.average_pooling_pullback, "LayerNormalization": normalized_pullback,
    "BatchNormalization": normalized_pullback, "Dropout": dropout_pullback,
    "Activation": lambda layer, x, y, g: activation(layer["function"])[1](x, y, g),
}
"""(layer, input, output, gradient of the output, weights) -> gradient of the input."""
OF_WEIGHTS = {
    "Dense": lambda layer, x, g: (x.T @ g, g.sum(0)), "Conv2D": images.conv2d_of_weights,
    "LayerNormalization": normalized_of_weights, "BatchNormalization": normalized_of_weights,
}
"""(layer, input, gradient of the output) -> gradients of its weights."""


def after(name, layer, weights, x, kinds=FORWARD):
    """What a layer of plain JSON makes of x."""
    return kinds[layer["is"]](layer, x, *_of(name, layer, weights))


def forward(layers, weights, x, kinds=FORWARD):
    """The value before every layer and after the last; `layers` is a list of (name, layer as plain JSON)."""
    values = [x]
    for name, layer in layers:
        values.append(after(name, layer, weights, values[-1], kinds))
    return values


def backward(layers, weights, values, gradient):
    """Gradients of the trainable weights by name, from the gradient of the last of `values`."""
    gradients = {}
    first = next(i for i, (_, layer) in enumerate(layers) if is_trained(layer))
    for i in reversed(range(first, len(layers))):
        name, layer = layers[i]
        if layer["is"] in OF_WEIGHTS:
            found = OF_WEIGHTS[layer["is"]](layer, values[i], gradient)
            gradients.update((name + "." + part, g) for part, g in zip(PARTS[layer["is"]], found))
        if i > first:
            gradient = PULLBACKS[layer["is"]](layer, values[i], values[i + 1], gradient, *_of(name, layer, weights))
    return gradients


def _of(name, layer, weights):
    return [weights[name + "." + part] for part in PARTS.get(layer["is"], ())]
