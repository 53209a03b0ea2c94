"""Draws float32 weights with the initializers of a spec. Unset initializers are Glorot uniform with zero biases."""

from __future__ import annotations

from typing import Callable

import numpy as np

from frameworks.parts import part_of
from frameworks.protocol import Json, NamedLayers, Shape
from frameworks.reference.layers import after

Fans = tuple[int, int]
"""(fan-in, fan-out)."""
DEFAULTS = {"kernel": "GlorotUniform", "bias": "Zeros"}


def draw(layers: NamedLayers, shape: Shape, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return weights by name for these layers and samples of `shape`."""
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
    return np.zeros(size)


def all_ones(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    return np.ones(size)


def normal(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    return generator.normal(initializer["mean"], initializer["stddev"], size)


def kept(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    """Draw dropout masks: True where an input is kept."""
    return generator.random(size) >= initializer["rate"]


def glorot_uniform(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, size)


def fan_in_uniform(initializer: Json, fans: Fans, size: Shape, generator: np.random.Generator) -> np.ndarray:
    return generator.uniform(-1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), size)


INITIALIZERS: dict[str, Callable[[Json, Fans, Shape, np.random.Generator], np.ndarray]] = {
    "Zeros": zeros, "Ones": all_ones, "Normal": normal, "GlorotUniform": glorot_uniform, "FanInUniform": fan_in_uniform,
    "Kept": kept}
"""By name: (initializer as plain JSON, (fan-in, fan-out), shape, NumPy generator) -> array."""
