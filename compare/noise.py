"""How far the tensors of one step can move by rounding alone, measured on the reference.

The noise of a tensor is the largest of: float32 against float64; every weight of the start moved by one unit in its
last place; the batch in another order; and never less than one float32 unit of the largest number on the way to it.
"""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from frameworks.reference.model import Model
from frameworks.trial import Refused, Undefined, probed
from scenarios.fields import to_json
from scenarios.spec import Spec

UNIT = float(np.finfo(np.float32).eps)

Arrays = Mapping[str, np.ndarray]


def noise(spec: Spec, weights: Arrays, slots: Arrays, x: np.ndarray, y: np.ndarray) -> dict[str, float] | None:
    """The noise of every array of a probe, by name, for a closed spec; None where the reference gives no value."""
    plain = to_json(spec)
    rows = np.arange(len(x))[::-1]
    nudged = {name: np.nextafter(value, np.float32(np.inf)) for name, value in weights.items()}
    try:
        exact = _probe(plain, "float64", weights, slots, x, y)
        others = [_probe(plain, "float32", weights, slots, x, y), _probe(plain, "float32", nudged, slots, x, y),
                  _unsorted(_probe(plain, "float32", weights, slots, x[rows], y[rows]))]
    except (Refused, Undefined):
        return None
    floor = UNIT * _largest(plain, weights, x)
    return {name: max([_distance(exact[name], other[name]) for other in others] +
                      [floor if name in ("logits", "loss", "loss_after") else UNIT * _size(exact[name])])
            for name in exact}


def _probe(plain: dict[str, Any], dtype: str, weights: Arrays, slots: Arrays, x: np.ndarray,
           y: np.ndarray) -> dict[str, np.ndarray]:
    job = {"settings": {"dtype": dtype}, "seed": 0, "start": "shared"}
    model = Model(plain, (0, len(plain["layers"])), x.shape[1:], job)
    model.set_weights(weights)
    return probed(model, x, y, slots)


def _unsorted(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value[::-1] if name in ("logits", "outputs") else value for name, value in arrays.items()}


def _largest(plain: dict[str, Any], weights: Arrays, x: np.ndarray) -> float:
    """The largest number that the forward pass adds up: the absolute values through all layers."""
    size = np.abs(x.reshape(len(x), -1).astype(float))
    for i, layer in enumerate(plain["layers"]):
        if layer["is"] == "Dense":
            size = size @ np.abs(weights[f"{i}.kernel"]) + np.abs(weights[f"{i}.bias"])
        elif layer["is"] == "Activation" and layer["function"] != "relu":
            size = np.minimum(size, 1.0) if i < len(plain["layers"]) - 1 else size
    return float(size.max())


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    difference = np.abs(np.asarray(one, float) - np.asarray(other, float))
    return float(np.nan_to_num(difference, nan=0.0, posinf=0.0).max(initial=0.0))


def _size(array: np.ndarray) -> float:
    return float(np.nan_to_num(np.abs(np.asarray(array, float)), nan=0.0, posinf=0.0).max(initial=0.0))
