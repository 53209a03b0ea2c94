"""The least noise of a forward pass: one float32 unit of the largest number in the computation of a tensor."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from compare.analysis.float32 import UNIT, largest
from frameworks.in_process import named_layers
from frameworks.parts import part_of
from frameworks.parts.losses import loss_part
from frameworks.parts.metrics import METRICS
from frameworks.reference.layers import FORWARD, IN_TRAINING, after, forward
from scenarios.spec import Activation, BatchNormalization, Spec

BOUNDED = ("sigmoid", "softmax", "tanh")
"""Activations with outputs between -1 and 1."""

Arrays = Mapping[str, np.ndarray]


def floors(spec: Spec, outputs: np.ndarray, size: float, prefix: str = "") -> dict[str, float]:
    """The least noise of the logits, loss, accuracy and metrics of a forward pass, by array name with this prefix.

    `size` is the largest number in the forward pass, as `largest_summed` returns it.
    """
    floor, squares = UNIT * size, UNIT * max(1.0, float(np.square(np.float64(largest(outputs)))))
    quadratic = loss_part(type(spec.loss).__name__).is_quadratic
    of_loss = (min(floor, squares) if quadratic else floor) * _largest_weight(spec)
    return {prefix + "logits": floor, prefix + "loss": of_loss,
            prefix + "accuracy": UNIT,  # an accuracy of 0 is rounded like any other
            **{prefix + METRICS[type(metric).__name__]: floor for metric in spec.metrics}}


@np.errstate(all="ignore")
def floor_of_loss(spec: Spec, weights: Arrays, x: np.ndarray) -> float:
    """The least noise of the loss of a batch `x` at these weights; the spec is resolved."""
    outputs = forward(named_layers(spec), {name: value.astype(np.float64) for name, value in weights.items()},
                      x.astype(np.float64), IN_TRAINING)[-1]
    return floors(spec, outputs, largest_summed(spec, weights, x))["loss"]


def largest_summed(spec: Spec, weights: Arrays, x: np.ndarray, kinds: Mapping[str, Any] = IN_TRAINING) -> float:
    """The largest number that the forward pass sums; see `sizes_summed`."""
    return sizes_summed(spec, weights, x, kinds)[-1]


def sizes_summed(spec: Spec, weights: Arrays, x: np.ndarray, kinds: Mapping[str, Any] = IN_TRAINING) -> list[float]:
    """For each layer, the largest number that the forward pass sums up to it: absolute values are propagated.

    `kinds` holds the forward function of each kind of layer: `IN_TRAINING` or `FORWARD`. The absolute moving mean is
    added, not subtracted, because implementations differ in how they subtract it.
    """
    layers, sizes = named_layers(spec), list[float]()
    absolute, size = {name: np.abs(value) for name, value in weights.items()}, np.abs(x.astype(float))
    for i, layer in enumerate(spec.layers):
        name, encoded = layers[i]
        if isinstance(layer, BatchNormalization) and kinds is FORWARD:
            size = after(name, encoded, {**absolute, f"{name}.moving_mean": -absolute[f"{name}.moving_mean"]}, size)
        elif part_of(type(layer).__name__).normalizes:
            size = np.abs(forward(layers[:i + 1], weights, x.astype(float), kinds)[-1])
        elif not isinstance(layer, Activation):
            size = after(name, encoded, absolute, size)
        sizes.append(float(size.max()))
        if isinstance(layer, Activation) and layer.function in BOUNDED:
            size = np.minimum(size, 1.0)
    return sizes


def _largest_weight(spec: Spec) -> float:
    """The largest factor by which a sample's loss is multiplied before the losses are summed; at least 1."""
    factors = [max(weights.values) / (min(weights.values) if weights.divisor == "weights" else 1.0)
               for weights in (getattr(spec.loss, "class_weights", "none"), spec.training.sample_weight)
               if not isinstance(weights, str)]
    return max([1.0, *factors])
