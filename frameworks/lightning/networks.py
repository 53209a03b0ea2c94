"""The PyTorch modules of a spec's layers."""
import torch
from torch import nn

from frameworks.lightning import layers, own_layers
from frameworks.parts import part_of
from frameworks.parts.weights import is_random, is_trained, names_of

NAMES = {"nn": nn, "HardSigmoid": own_layers.HardSigmoid, "ChannelsLast": own_layers.ChannelsLast,
         "Masked": own_layers.Masked,
         "Corrected": lambda kind, layer, *args, **kwargs: own_layers.corrected(getattr(nn, kind), layer)(*args,
                                                                                                       **kwargs)}
"""What calls of `layers` name."""


def stacked(named, shape, native):
    """(Sequential of all but a last activation, the last one or Identity, layers that have weights by name).

    `shape` is that of a sample as PyTorch gets it, an image with its channels first; `native`: whether dropouts draw
    for themselves.
    """
    modules, weighted, value = [], {}, torch.zeros(1, *shape)
    for name, layer in named:
        inner = tuple(value.shape[1:])
        inner = inner[1:] + inner[:1] if len(inner) == 3 else inner
        made = [call.made(NAMES) for call in layers.LAYERS[layer["is"]](layer, inner, native)]
        if names_of(layer) and not (native and is_random(layer)):
            weighted[name] = made[-1]
            initialize(made[-1], layer, inner)
            made[-1].requires_grad_(is_trained(layer))
        modules += made
        with torch.no_grad():
            value = nn.Sequential(*made).eval()(value)
    last = modules.pop() if named[-1][1]["is"] == "Activation" else nn.Identity()
    return nn.Sequential(*modules), last, weighted


def initialize(module, layer, shape):
    """Draws kernel and bias again where the spec says how; `shape` is that of the input, channels last."""
    fans = part_of(layer).fans(layer, shape[-1])
    with torch.no_grad():
        for weight, name in (("kernel", "weight"), ("bias", "bias")):
            if layer.get(weight) is not None:
                layers.initializer(layer[weight], name, *fans).made({"nn": nn, name: getattr(module, name)})
