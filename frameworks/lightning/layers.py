"""Layers and initializers of a spec in PyTorch. An open initializer leaves the layer as PyTorch made it."""
import math

import numpy as np
import torch
from torch import nn

from frameworks.runtime.layers import MASKS, PARTS, is_trained, margins, of_variance, rows_of_masks


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


class ChannelsLast(nn.Module):
    """Flattens an image as Keras does: all channels of the first place come first."""

    def forward(self, x):
        return x.movedim(1, -1).flatten(1)


class Masked(nn.Module):
    """A dropout whose masks are given, of shape (inputs, MASKS) as a kernel lies: `frameworks.runtime.layers.MASKS`."""

    def __init__(self, inputs, rate):
        super().__init__()
        self.rate = rate
        self.register_buffer("masks", torch.zeros(inputs, MASKS))
        self.register_buffer("step", torch.zeros(()))

    def forward(self, x):
        if not self.training:
            return x
        rows = rows_of_masks(int(self.step), len(x), torch.arange(len(x), device=x.device))
        self.step += 1
        return x * self.masks[:, rows].T / (1 - self.rate)


def network(layers, shape, own):
    """(Sequential of all but a last activation, the last one or Identity, layers that have weights by name).

    `shape` is that of a sample as PyTorch gets it, an image with its channels first; `own`: whether dropouts draw for
    themselves.
    """
    modules, weighted, value, kinds = [], {}, torch.zeros(1, *shape), {**LAYERS, **OWN} if own else LAYERS
    for name, layer in layers:
        made = kinds[layer["is"]](layer, value.shape[1:])
        if layer["is"] in PARTS and not (own and layer["is"] in OWN):
            weighted[name] = made[-1]
            initialize(made[-1], layer)
            made[-1].requires_grad_(is_trained(layer))
        modules += made
        with torch.no_grad():
            value = nn.Sequential(*made).eval()(value)
    last = modules.pop() if layers[-1][1]["is"] == "Activation" else nn.Identity()
    return nn.Sequential(*modules), last, weighted


def conv2d(layer, shape):
    """With margins that are the same on all sides by an argument, else by a layer before it."""
    sides = margins(layer, shape[1])
    told = {"padding": sides[0]} if sides[0] == sides[1] else {}
    conv = nn.Conv2d(shape[0], layer["filters"], layer["kernel_size"], stride=layer["strides"], **told)
    return [conv] if told else [nn.ZeroPad2d((*sides, *sides)), conv]


def average_pooling(layer, shape):
    if layer["padding"] == "valid":
        return [nn.AvgPool2d(layer["pool_size"])]
    counted = {} if layer["counts_padding"] is None else {"count_include_pad": layer["counts_padding"]}
    return [nn.AvgPool2d(layer["pool_size"], stride=1, padding=layer["pool_size"] // 2, **counted)]


def batch_normalization(layer, shape):
    given = {} if layer["epsilon"] is None else {"eps": layer["epsilon"]}
    given.update({} if layer["momentum"] is None else {"momentum": 1 - layer["momentum"]})
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    if layer["variance"] in (None, "unbiased"):
        return [kind(shape[0], **given)]
    return [corrected(kind, layer)(shape[0], **given)]


def corrected(kind, layer):
    """A batch normalization whose moving variance follows another variance than PyTorch's, without a bias."""
    class Corrected(kind):
        def forward(self, x):
            kept = self.running_var * (1 - self.momentum)
            y = super().forward(x)
            if self.training:
                n = x.numel() // x.shape[1]
                factor = of_variance(layer, x.shape, n) * (n - 1) / n
                self.running_var = kept + (self.running_var - kept) * factor  # in place, autograd would refuse it
            return y
    return Corrected


LAYERS = {
    "Flatten": lambda layer, shape: [
        ChannelsLast() if layer["order"] == "channels_last" and len(shape) == 3 else nn.Flatten()],
    "Dense": lambda layer, shape: [nn.Linear(shape[0], layer["units"])],
    "Conv2D": conv2d, "AveragePooling2D": average_pooling,
    "MaxPooling2D": lambda layer, shape: [nn.MaxPool2d(layer["pool_size"])],
    "LayerNormalization": lambda layer, shape: [nn.LayerNorm(
        shape[0], **({} if layer["epsilon"] is None else {"eps": layer["epsilon"]}))],
    "BatchNormalization": batch_normalization,
    "Dropout": lambda layer, shape: [Masked(shape[0], layer["rate"])],
    "Activation": lambda layer, shape: [activation(layer["function"])],
}
"""(layer in plain JSON, shape of its input) -> the modules that do it, the one with weights last."""
OWN = {"Dropout": lambda layer, shape: [nn.Dropout(layer["rate"])]}
"""Those that draw for themselves where the start is a framework's own."""


def weights(module):
    """The tensors of a module with weights, in the order of `frameworks.runtime.layers.PARTS`."""
    if isinstance(module, Masked):
        return [module.masks, module.step]
    moving = [module.running_mean, module.running_var] if isinstance(module, nn.modules.batchnorm._BatchNorm) else []
    return [module.weight, module.bias] + moving


def as_spec(tensor):
    """A kernel, bias or gradient of PyTorch's shape in that of `frameworks.runtime.layers`: an array."""
    array = tensor.detach().cpu().numpy()
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T


def as_tensor(array, dtype=torch.float32):
    """The other way."""
    array = np.asarray(array)
    turned = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
    return torch.tensor(np.array(turned, order="C"), dtype=dtype)


def initialize(module, layer):
    """Draws kernel and bias again where the spec says how."""
    with torch.no_grad():
        for part, name in (("kernel", "weight"), ("bias", "bias")):
            if layer.get(part) is not None:
                INITIALIZERS[layer[part]["is"]](getattr(module, name), layer[part], *fans_of(module.weight))


def fans_of(kernel):
    """(numbers that go into an output, outputs that a number goes to)."""
    window = math.prod(kernel.shape[2:])
    return kernel.shape[1] * window, kernel.shape[0] * window


def uniform(tensor, limit):
    nn.init.uniform_(tensor, -limit, limit)


INITIALIZERS = {
    "Zeros": lambda tensor, value, inputs, outputs: nn.init.zeros_(tensor),
    "Normal": lambda tensor, value, inputs, outputs: nn.init.normal_(tensor, value["mean"], value["stddev"]),
    "GlorotUniform": lambda tensor, value, inputs, outputs: uniform(tensor, math.sqrt(6 / (inputs + outputs))),
    "FanInUniform": lambda tensor, value, inputs, outputs: uniform(tensor, 1 / math.sqrt(inputs)),
}
