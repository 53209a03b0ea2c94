"""Variations of a training step that change its rounding only: another order of the same sums, or float32 betas.

An order of units or samples is reversed in all arrays that it concerns, and reversed again in the result.
"""

from __future__ import annotations

from typing import Mapping

import numpy as np

from frameworks.parts.dropout import mask_rows
from frameworks.parts.optimizers import optimizer_part
from frameworks.parts.weights import is_random, names_of
from scenarios.spec import Conv2D, Dense, Flatten, Spec, shapes
from scenarios.spec.fields import changed

Arrays = Mapping[str, np.ndarray]
Orders = dict[str, tuple[np.ndarray, np.ndarray]]


def with_float32_betas(spec: Spec, step: int) -> tuple[Spec, float]:
    """(a resolved spec, the factor of its learning rates) with the effect of float32 betas; `step` counts from 1."""
    optimizer = optimizer_part(type(spec.optimizer).__name__)
    fields, factor = optimizer.float32_betas(vars(spec.optimizer), step)
    return changed(spec, {f"optimizer.{name}": value for name, value in fields.items()}), factor


def with_reordered_masks(spec: Spec, weights: Arrays, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The weights, with dropout masks reordered so that each sample of the batch `rows` keeps its mask."""
    result = dict(weights)
    for i, kind in enumerate(type(layer).__name__ for layer in spec.layers):
        if is_random(kind):
            masks, step = (weights[f"{i}.{part}"] for part in names_of(kind))
            result[f"{i}.masks"] = np.array(masks)
            result[f"{i}.masks"][mask_rows(int(step), len(rows), np.arange(len(rows)))] = \
                masks[mask_rows(int(step), len(rows), rows)]
    return result


def nudged(weights: Arrays) -> dict[str, np.ndarray]:
    """The weights, each moved by one unit in its last place."""
    return {name: np.nextafter(value, np.float32(np.inf)) for name, value in weights.items()}


def reversed_rows(arrays: Arrays) -> dict[str, np.ndarray]:
    """A probe with the samples of its logits and outputs in reverse order."""
    return {name: value[::-1] if name in ("logits", "outputs") else value for name, value in arrays.items()}


def reversed_inputs(x: np.ndarray) -> np.ndarray:
    """Each sample with its numbers in reverse order; images of shape (n, height, width, channels) are unchanged."""
    return x if x.ndim == 4 else x.reshape(len(x), -1)[:, ::-1].reshape(x.shape)


def reversed_units(orders: Orders, arrays: Arrays) -> dict[str, np.ndarray]:
    """Weights, optimizer state or a probe with inputs and hidden units in reverse order; the function is its own
    inverse.

    An array with another shape than its layer is unchanged: another comparison reports it.
    """
    result = dict(arrays)
    for name, value in arrays.items():
        layer, _, part = name.rpartition("/")[2].partition(".")
        if layer in orders:
            inputs, outputs = orders[layer]
            if part == "kernel" and value.shape[-2:] == (len(inputs), len(outputs)):
                result[name] = value[..., inputs, :][..., outputs]
            elif part != "kernel" and value.shape[-1:] == outputs.shape:
                result[name] = value[..., outputs]
    return result


def unit_orders(spec: Spec) -> Orders:
    """For each layer that has weights, the (input order, output order) with which it sums the same numbers in reverse.
    """
    orders = orders_between(spec)
    return {str(i): (orders[i], orders[i + 1]) for i, layer in enumerate(spec.layers) if names_of(type(layer).__name__)}


def orders_between(spec: Spec) -> list[np.ndarray]:
    """The order of the input of the first layer, and of the output of every layer, with which all layers sum the same
    numbers in reverse.

    Of an image only the channels are reversed. Pixels keep their positions, because windows overlap.
    """
    layer_shapes = shapes(spec)
    size = layer_shapes[0][-1] if len(layer_shapes[0]) == 3 else int(np.prod(layer_shapes[0]))
    orders = [np.arange(size)[::-1]]
    last = max(i for i, layer in enumerate(spec.layers) if isinstance(layer, Dense))
    for i, (layer, input_shape, output_shape) in enumerate(zip(spec.layers, layer_shapes, layer_shapes[1:])):
        order = orders[-1]
        if isinstance(layer, Flatten) and len(input_shape) == 3:
            places = np.arange(output_shape[0]).reshape(input_shape)[..., ::-1]
            if layer.order == "channels_first":
                places = np.arange(output_shape[0]).reshape(input_shape[-1:] + input_shape[:-1])[::-1]
            order = places.ravel()
        elif isinstance(layer, (Dense, Conv2D)):
            outputs = np.arange(output_shape[-1])
            order = outputs if i >= last else outputs[::-1]
        orders.append(order)
    return orders
