"""Layers and initializers of a spec as calls of PyTorch classes. The argument of an unset field is omitted.

A builder takes the layer as plain JSON, the shape of its input with the channels last, and `native`: whether a Dropout
draws its own masks. It returns a list of calls, of which the one with weights is last. `networks` instantiates them,
and `codegen` renders them as source. To add a layer, add its builder and its entry in `LAYERS`. No PyTorch is imported.
"""

from __future__ import annotations

from typing import Callable

from frameworks.parts.windows import margins
from frameworks.protocol import Json, Shape
from frameworks.runtime.call import Call, Expression, set_arguments
from frameworks.runtime.errors import Unsupported


def flatten(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.Flatten has the order of PyTorch, `channels_first`; for the other one the channels are moved first."""
    permuted = layer["order"] == "channels_last" and len(shape) == 3
    return [Call("ChannelsLast" if permuted else "nn.Flatten")]


def dense(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.Linear."""
    return [Call("nn.Linear", shape[0], layer["units"])]


def conv2d(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.Conv2d. Symmetric padding is an argument of the convolution; asymmetric padding is a layer before it."""
    arguments = {"stride": layer["strides"]} if layer["strides"] > 1 else {}
    before, after = margins(layer, shape[0])
    if before == after and before:
        arguments["padding"] = before
    pad = [] if before == after else [Call("nn.ZeroPad2d", (before, after, before, after))]
    return pad + [Call("nn.Conv2d", shape[-1], layer["filters"], layer["kernel_size"], **arguments)]


def max_pooling2d(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.MaxPool2d, with strides of the window size by default."""
    return [Call("nn.MaxPool2d", layer["pool_size"])]


def average_pooling2d(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.AvgPool2d; `same` is symmetric padding with strides of 1."""
    size = layer["pool_size"]
    if layer["padding"] == "valid":
        return [Call("nn.AvgPool2d", size)]
    return [Call("nn.AvgPool2d", size, stride=1, padding=size // 2,
                 **set_arguments(layer, counts_padding="count_include_pad"))]


def global_average_pooling2d(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.AdaptiveAvgPool2d with one output per channel, then nn.Flatten, which removes its two axes of size 1."""
    return [Call("nn.AdaptiveAvgPool2d", 1), Call("nn.Flatten")]


def layer_normalization(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.LayerNorm over the features."""
    return [Call("nn.LayerNorm", shape[0], **set_arguments(layer, epsilon="eps"))]


def group_normalization(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.GroupNorm."""
    return [Call("nn.GroupNorm", layer["groups"], shape[-1], **set_arguments(layer, epsilon="eps"))]


def batch_normalization(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.BatchNorm1d or nn.BatchNorm2d. Its momentum is 1 − momentum of the spec, as `scenarios.spec` says."""
    arguments = set_arguments(layer, epsilon="eps")
    if layer["momentum"] is not None:
        arguments["momentum"] = 1 - layer["momentum"]
    name = "BatchNorm2d" if len(shape) == 3 else "BatchNorm1d"
    if layer["variance"] in (None, "unbiased"):
        return [Call("nn." + name, shape[-1], **arguments)]
    return [Call("Corrected", name, layer, shape[-1], **arguments).without_source(
        "PyTorch's batch normalization has no argument for the variance that the running one follows.")]


def dropout(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """nn.Dropout, or `custom_layers.Masked` with the masks that all frameworks share."""
    if layer["keeps_logits"]:
        raise Unsupported("PyTorch does not support a Dropout with keeps_logits=True: a loss takes the outputs that it "
                          "is given.")
    return [Call("nn.Dropout", layer["rate"]) if native else Call("Masked", shape[0], layer["rate"])]


def activation(layer: Json, shape: Shape, native: bool) -> list[Call]:
    """An activation is given by name, or as a class with its only field."""
    function = layer["function"]
    if isinstance(function, str):
        return [NAMED[function]]
    kind, (value,) = function["is"], [value for name, value in function.items() if name != "is"]
    if value is None:
        return [Call({"GELU": "nn.GELU", "HardSigmoid": "nn.Hardsigmoid"}.get(kind, "nn.LeakyReLU"))]
    if kind == "GELU":
        return [Call("nn.GELU", approximate="tanh" if value else "none")]
    return [Call("HardSigmoid" if kind == "HardSigmoid" else "nn.LeakyReLU", value)]


NAMED = {"sigmoid": Call("nn.Sigmoid"), "softmax": Call("nn.Softmax", dim=-1), "relu": Call("nn.ReLU"),
         "tanh": Call("nn.Tanh"), "elu": Call("nn.ELU")}
LAYERS: dict[str, Callable[[Json, Shape, bool], list[Call]]] = {
    "Flatten": flatten, "Dense": dense, "Conv2D": conv2d, "MaxPooling2D": max_pooling2d,
    "AveragePooling2D": average_pooling2d, "GlobalAveragePooling2D": global_average_pooling2d,
    "LayerNormalization": layer_normalization, "GroupNormalization": group_normalization,
    "BatchNormalization": batch_normalization, "Dropout": dropout, "Activation": activation,
}
"""By the name of a class of the spec: (layer, shape of its input, native) -> calls."""


def initializer(value: Json, tensor: str, inputs: int, outputs: int) -> Call:
    """Return the call that initializes a tensor in place, with an initializer in plain JSON.

    `tensor` is the expression of the tensor; `inputs` and `outputs` are its fan-in and fan-out.
    """
    kind, name = value["is"], Expression(tensor)
    if kind == "Zeros":
        return Call("nn.init.zeros_", name)
    if kind == "Normal":
        return Call("nn.init.normal_", name, value["mean"], value["stddev"])
    limit = {"GlorotUniform": "(6 / %d) ** 0.5" % (inputs + outputs), "FanInUniform": "1 / %d ** 0.5" % inputs}[kind]
    return Call("nn.init.uniform_", name, Expression("-" + limit), Expression(limit))
