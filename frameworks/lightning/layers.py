"""Layers and initializers of a spec in PyTorch. An open initializer leaves the layer as PyTorch made it."""
import math

import torch
from torch import nn


class HardSigmoid(nn.Module):
    """PyTorch's own, whose slope is 1/6, of a steeper or flatter input."""

    def __init__(self, slope):
        super().__init__()
        self.steeper = slope * 6

    def forward(self, x):
        return nn.functional.hardsigmoid(x * self.steeper)


ACTIVATIONS = {
    "sigmoid": nn.Sigmoid, "softmax": lambda: nn.Softmax(dim=-1), "relu": nn.ReLU, "tanh": nn.Tanh, "elu": nn.ELU,
    "LeakyReLU": nn.LeakyReLU, "LeakyReLUByName": nn.LeakyReLU,
    "GELU": lambda approximate=None: nn.GELU() if approximate is None else nn.GELU("tanh" if approximate else "none"),
    "HardSigmoid": lambda slope=None: nn.Hardsigmoid() if slope is None else HardSigmoid(slope)}


def activation(function):
    """The module of an activation in plain JSON: a name, or a class with its field; an open one is left out."""
    if isinstance(function, str):
        return ACTIVATIONS[function]()
    given = [value for name, value in function.items() if value is not None and name != "is"]
    return ACTIVATIONS[function["is"]](*given)


def network(layers, shape):
    """(Sequential of all but a last activation, the last activation or Identity, Linear layers by the spec's name)."""
    width, modules, dense = math.prod(shape), [], {}
    for name, layer in layers:
        if layer["is"] == "Dense":
            dense[name] = nn.Linear(width, layer["units"])
            initialize(dense[name], layer)
            dense[name].requires_grad_(layer["trainable"])
            width = layer["units"]
            modules.append(dense[name])
        else:
            modules.append(nn.Flatten() if layer["is"] == "Flatten" else activation(layer["function"]))
    last = modules.pop() if layers[-1][1]["is"] == "Activation" else nn.Identity()
    return nn.Sequential(*modules), last, dense


def initialize(linear, layer):
    """Draws kernel and bias again where the spec says how."""
    with torch.no_grad():
        for part, tensor in (("kernel", linear.weight), ("bias", linear.bias)):
            if layer[part] is not None:
                INITIALIZERS[layer[part]["is"]](tensor, layer[part], linear)


def glorot_uniform(tensor, value, linear):
    limit = math.sqrt(6 / (linear.in_features + linear.out_features))
    nn.init.uniform_(tensor, -limit, limit)


def fan_in_uniform(tensor, value, linear):
    nn.init.uniform_(tensor, -1 / math.sqrt(linear.in_features), 1 / math.sqrt(linear.in_features))


INITIALIZERS = {
    "Zeros": lambda tensor, value, linear: nn.init.zeros_(tensor),
    "Normal": lambda tensor, value, linear: nn.init.normal_(tensor, value["mean"], value["stddev"]),
    "GlorotUniform": glorot_uniform,
    "FanInUniform": fan_in_uniform,
}
