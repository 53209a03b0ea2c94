"""Layers and initializers of a spec in PyTorch. An open initializer leaves the layer as PyTorch made it."""
import math

import torch
from torch import nn

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "softmax": lambda: nn.Softmax(dim=-1), "relu": nn.ReLU, "tanh": nn.Tanh}


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
            modules.append(nn.Flatten() if layer["is"] == "Flatten" else ACTIVATIONS[layer["function"]]())
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
