"""The PyTorch modules of a spec's layers."""

from __future__ import annotations

import functools
from typing import Any, Callable

import torch
from torch import nn

from frameworks.lightning import custom_layers, layers, regularizers
from frameworks.parts import part_of
from frameworks.parts.weights import is_random, is_trained, names_of
from frameworks.protocol import Json, NamedLayers, Shape
from frameworks.runtime.call import function_of


def _corrected(kind: str, layer: Json, *args: Any, **options: Any) -> nn.Module:
    return custom_layers.corrected(getattr(nn, kind), layer)(*args, **options)


NAMES = {"nn": nn, "HardSigmoid": custom_layers.HardSigmoid, "ChannelsLast": custom_layers.ChannelsLast,
         "Masked": custom_layers.Masked, "Corrected": _corrected,
         "RegularizedActivity": custom_layers.RegularizedActivity}
"""The names that the calls of `layers` and `regularizers` use."""
Penalty = Callable[[], torch.Tensor]
"""What a regularizer adds to the loss, after a forward pass."""


def channels_first(shape: Shape) -> Shape:
    """Return the shape of a sample in PyTorch; for an image, the channels become the first axis."""
    return shape[-1:] + shape[:-1] if len(shape) == 3 else shape


def stacked(named: NamedLayers, shape: Shape,
            native: bool) -> tuple[nn.Sequential, nn.Module, dict[str, nn.Module], dict[str, int]]:
    """Return (Sequential of all layers except a last activation, the last activation or Identity, modules by name, the
    number of modules up to the end of each layer by name).

    The modules by name are those with weights. `named` is a list of (name, layer as plain JSON). `shape` is the shape
    of a sample, for images with the channels last. `native`: whether a Dropout draws its own masks.
    """
    modules: list[nn.Module] = []
    weighted: dict[str, nn.Module] = {}
    ends: dict[str, int] = {}
    value = torch.zeros(1, *channels_first(shape))
    for name, layer in named:
        input_shape = tuple(value.shape[1:])
        input_shape = input_shape[1:] + input_shape[:1] if len(input_shape) == 3 else input_shape
        created = [call.made(NAMES) for call in layers.LAYERS[layer["is"]](layer, input_shape, native)]
        if names_of(layer) and not (native and is_random(layer)):
            weighted[name] = created[-1]
            initialize(created[-1], layer, input_shape)
            created[-1].requires_grad_(is_trained(layer))
        created += [call.made(NAMES) for call in regularizers.activity_module(layer)]
        modules += created
        ends[name] = len(modules)
        with torch.no_grad():
            value = nn.Sequential(*created).eval()(value)
    last = modules.pop() if named[-1][1]["is"] == "Activation" else nn.Identity()
    return nn.Sequential(*modules), last, weighted, ends


def penalties(named: NamedLayers, weighted: dict[str, nn.Module],
              body: nn.Sequential) -> list[tuple[Penalty, bool]]:
    """Return the penalty of every regularizer, and whether the reported loss contains it: if unset, it does not.

    `named` is that of `stacked`; `weighted` and `body` are what it returned.
    """
    activities = iter([module for module in body if isinstance(module, custom_layers.RegularizedActivity)])
    result: list[tuple[Penalty, bool]] = []
    for name, layer in named:
        activity = next(activities) if regularizers.activity_module(layer) else None
        names = {"layer": weighted.get(name), "activity": activity}
        result += [(functools.partial(function_of(", ".join(names), ["return " + term.expression], {}), **names),
                    bool(term.reported)) for term in regularizers.terms(layer)]
    return result


def initialize(module: nn.Module, layer: Json, shape: Shape) -> None:
    """Initialize kernel and bias if the spec sets their initializers; `shape` is the input shape, channels last."""
    fans = part_of(layer).fans(layer, shape[-1])
    with torch.no_grad():
        for weight, name in (("kernel", "weight"), ("bias", "bias")):
            if layer.get(weight) is not None:
                layers.initializer(layer[weight], name, *fans).made({"nn": nn, name: getattr(module, name)})
