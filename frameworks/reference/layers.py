"""Forward and backward pass through a stack of layers in NumPy. The math of each layer is in `frameworks.parts`.

Weights are arrays by name, as in `1.kernel`. Every function computes in the dtype of its arrays.
"""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

import numpy as np

from frameworks.parts import LAYERS, part_of, regularizers
from frameworks.parts.weights import is_trained, names_of
from frameworks.protocol import Arrays, Json, NamedLayers

Kinds = Mapping[str, Callable[..., np.ndarray]]
"""By kind of layer, a forward pass: (layer, input, *weights) -> output."""
FORWARD: Kinds = {name: part_of(name).forward for name in LAYERS}
"""The forward pass of an evaluation."""
IN_TRAINING: Kinds = {name: part_of(name).in_training for name in LAYERS}
"""The forward pass of a training step."""


def after(name: str, layer: Json, weights: Arrays, x: np.ndarray, kinds: Kinds = FORWARD) -> np.ndarray:
    """Return the output of a layer for the input x; `kinds` is `FORWARD` or `IN_TRAINING`."""
    return kinds[layer["is"]](layer, x, *_of(name, layer, weights))


def forward(layers: NamedLayers, weights: Arrays, x: np.ndarray, kinds: Kinds = FORWARD) -> list[np.ndarray]:
    """Return the input x, then the output of every layer, as a list; `kinds` is `FORWARD` or `IN_TRAINING`."""
    values = [x]
    for name, layer in layers:
        values.append(after(name, layer, weights, values[-1], kinds))
    return values


def backward(layers: NamedLayers, weights: Arrays, values: Sequence[np.ndarray],
             gradient: np.ndarray) -> dict[str, np.ndarray]:
    """Return the gradients of the trained weights by name, with those of regularizers.

    `values` is the result of `forward` in training, and `gradient` that of the loss with respect to its last element.
    At least one layer must be trained.
    """
    gradients: dict[str, np.ndarray] = {}
    first = next(i for i, (_, layer) in enumerate(layers) if is_trained(layer))
    for i in reversed(range(first, len(layers))):
        name, layer = layers[i]
        part, activity = part_of(layer), regularizers.of_activity(layer)
        if activity:
            gradient = gradient + regularizers.slope(activity, values[i + 1]) / len(gradient)
        of_weights = part.weight_gradients(layer, values[i], gradient)
        gradients.update((f"{name}.{weight}", g) for weight, g in zip(part.names, of_weights))
        for weight, regularizer in regularizers.of_weights(layer).items():
            gradients[f"{name}.{weight}"] = gradients[f"{name}.{weight}"] + regularizers.slope(
                regularizer, weights[f"{name}.{weight}"])
        if i > first:
            gradient = part.pullback(layer, values[i], values[i + 1], gradient, *_of(name, layer, weights))
    return gradients


def reported_penalty(layers: NamedLayers, weights: Arrays, values: Sequence[np.ndarray]) -> float:
    """Return what the regularizers add to the reported loss of a batch.

    A regularizer with `reported` unset counts, as published. `values` is the result of `forward`.
    """
    total = 0.0
    for (name, layer), outputs in zip(layers, values[1:]):
        for weight, regularizer in regularizers.of_weights(layer).items():
            if regularizer["reported"] is not False:
                total += float(regularizers.penalty(regularizer, weights[f"{name}.{weight}"]))
        activity = regularizers.of_activity(layer)
        if activity and activity["reported"] is not False:
            total += float(regularizers.penalty(activity, outputs)) / len(outputs)
    return total


def moved(layers: NamedLayers, weights: Arrays, values: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights that change without a gradient, by name, as they are after a training step.

    `values` is the result of `forward` in that step.
    """
    return {f"{name}.{weight}": new for (name, layer), x in zip(layers, values)
            for weight, new in part_of(layer).after_step(layer, x, *_of(name, layer, weights)).items()}


def _of(name: str, layer: Json, weights: Arrays) -> list[np.ndarray]:
    return [weights[f"{name}.{weight}"] for weight in names_of(layer)]
