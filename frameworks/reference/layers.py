"""Forward and backward of the layers. Arrays have shape (batch, width)."""
import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z), computed without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softmax(z):
    """e^z / Σ e^z over the last axis."""
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda p, g: g * p * (1 - p)),
    "softmax": (softmax, lambda p, g: p * (g - (g * p).sum(-1, keepdims=True))),
    "relu": (lambda z: np.maximum(z, 0), lambda p, g: g * (p > 0)),
    "tanh": (np.tanh, lambda p, g: g * (1 - p * p)),
}
"""By name: the function, and (output, gradient of the output) -> gradient of the input."""


def forward(layers, weights, x):
    """The value before every layer and after the last; `layers` is a list of (name, layer as plain JSON)."""
    values = [x]
    for name, layer in layers:
        if layer["is"] == "Flatten":
            value = values[-1].reshape(len(x), -1)
        elif layer["is"] == "Dense":
            value = values[-1] @ weights[name + ".kernel"] + weights[name + ".bias"]
        else:
            value = ACTIVATIONS[layer["function"]][0](values[-1])
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
            gradient = ACTIVATIONS[layer["function"]][1](values[i + 1], gradient)
    return gradients
