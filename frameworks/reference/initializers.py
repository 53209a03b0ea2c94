"""Draws initial weights with the initializers of a spec.

Every initializer takes (initializer as plain JSON, (fan-in, fan-out), shape, NumPy generator) and returns an array of
this shape.
"""

from __future__ import annotations

from typing import Callable

import numpy as np

from frameworks.parts import part_of
from frameworks.protocol import Json, NamedLayers, Shape
from frameworks.reference.layers import after

Fans = tuple[int, int]
"""(fan-in, fan-out)."""
DEFAULTS = {"kernel": "GlorotUniform", "bias": "Zeros"}
"""The initializers of weights that a spec leaves unset; Glorot and Bengio 2010, equation 16 and section 2.3."""


def draw(layers: NamedLayers, shape: Shape, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return float32 weights by name, as in `1.kernel`, for these layers and samples of `shape`.

    They are drawn in the order of the layers, and in a layer in that of `LayerPart.names`.
    """
    weights: dict[str, np.ndarray] = {}
    value = np.zeros((1, *shape), np.float32)
    for name, layer in layers:
        part, inputs = part_of(layer), value.shape[-1]
        sizes, defaults = part.sizes(layer, inputs), {**DEFAULTS, **part.initial}
        for weight in part.names:
            initializer = layer.get(weight) or {**layer, "is": defaults[weight]}
            drawn = INITIALIZERS[initializer["is"]](initializer, part.fans(layer, inputs), sizes[weight], generator)
            weights[f"{name}.{weight}"] = drawn.astype(np.float32)
        value = after(name, layer, weights, value)
    return weights


def zeros(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Return zeros."""
    return np.zeros(size)


def all_ones(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Return ones."""
    return np.ones(size)


def normal(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Draw from a normal distribution with the `mean` and `stddev` of the initializer."""
    return generator.normal(initializer["mean"], initializer["stddev"], size)


def kept(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Draw dropout masks with the `rate` of the layer: True where an input is kept."""
    return generator.random(size) >= initializer["rate"]


def glorot_uniform(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Draw uniformly within ±sqrt(6 / (fan-in + fan-out)); Glorot and Bengio 2010, equation 16."""
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, size)


def fan_in_uniform(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Draw uniformly within ±1 / sqrt(fan-in), as PyTorch draws weights and biases (torch/nn/modules/linear.py:124)."""
    return generator.uniform(-1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), size)


INITIALIZERS: dict[str, Callable[[Json, Fans, Shape, np.random.Generator], np.ndarray]] = {
    "Zeros": zeros, "Ones": all_ones, "Normal": normal, "GlorotUniform": glorot_uniform, "FanInUniform": fan_in_uniform,
    "Kept": kept}
"""By the name of a class of the spec, or of an initializer that only a part has (`LayerPart.initial`)."""
