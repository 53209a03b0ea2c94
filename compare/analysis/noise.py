"""How far the tensors of one step can move by rounding alone, measured on the reference.

The noise of a tensor is the largest of: float32 against float64; every weight of the start moved by one unit in its
last place; the batch in another order, each sample with the masks that its dropouts had; Adam's bias corrections
computed from float32 betas, as Keras does; and never less than one float32 unit of the largest number on the way to it.
The gradient, and what follows from it, also has the gradient of the loss at logits and outputs that are moved by one
unit in the last place: at the edge of a clip, that decides whether a sample has a gradient at all.
"""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from compare.analysis.saturated import MovedDown, MovedUp
from frameworks.reference.layers import FORWARD, IN_TRAINING, after, forward
from frameworks.reference.model import Model
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.layers import PARTS, is_random, rows_of_masks
from frameworks.runtime.losses import class_weights_of
from frameworks.runtime.probing import evaluated, probed
from frameworks.runtime.training import batch_size
from scenarios.spec import Spec, shapes
from scenarios.spec.fields import to_json

UNIT = float(np.finfo(np.float32).eps)
TINY = float(np.finfo(np.float32).tiny)
"""The smallest normal number: what lies below may be flushed to 0, and is no difference."""
# Measured in the first step: null cases (Keras on TensorFlow and JAX, Lightning, the reference in both precisions; ten
# closed specs, four starts) reach 4.8 times the noise at most; planted faults of a thousandth begin at 1,700 times, an
# epsilon of 1e-7 for 1e-8 lies at 980 times.
FACTOR = 16.0
"""A gate opens where a difference exceeds this many times the noise."""
FALSE_ALARMS = 0, 1_000
"""So many of so many random steps in which nothing differs opened a gate: tests/test_null_cases.py."""
SQUARES = ("MeanSquaredError", "QuadraticCost", "Huber")
"""Losses of outputs, whose slopes are at most 1."""
BOUNDED = ("sigmoid", "softmax", "tanh")
"""Activations that give no number beyond 1."""

OF_LOSSES = ("loss", "loss_after")
"""Arrays that can be infinite by their definition, from outputs that are numbers."""

Arrays = Mapping[str, np.ndarray]
Orders = dict[str, tuple[np.ndarray, np.ndarray]]
Samples = tuple[np.ndarray, np.ndarray]
"""x, y."""


@np.errstate(all="ignore")
def noise(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray,
          steps: int = 1, tested: Samples | None = None) -> dict[str, float] | None:
    """The noise of every array of a probe, by name, for a closed spec; None where the reference gives no value.

    `steps` are those of an epoch, which a schedule of the rate may count; `tested` the samples that are evaluated
    before the step, in the order in which they are: what is in one batch with what is no rounding.

    Infinite where rounding alone makes a number of none, or none of a number; nan of outputs that are no numbers, and
    of gradients and updates that are none either: of these there is no noise.
    """
    plain = to_json(spec)
    rows, orders = np.arange(len(x))[::-1], _orders(plain, shapes(spec))
    turned = tested and (_reversed(tested[0]), tested[1])
    told = {**plain, "optimizer": corrected(plain["optimizer"], int(optimizer_state.get("step", 0)) + 1)}
    nudged = {name: np.nextafter(value, np.float32(np.inf)) for name, value in weights.items()}
    try:
        exact = _probe(plain, "float64", weights, optimizer_state, x, y, steps, tested)
        others = [_probe(plain, "float32", weights, optimizer_state, x, y, steps, tested),
                  _probe(plain, "float32", nudged, optimizer_state, x, y, steps, tested),
                  _probe(told, "float32", weights, optimizer_state, x, y, steps),
                  _unsorted(_probe(plain, "float32", _with_masks_of(rows, plain, weights), optimizer_state, x[rows],
                                   y[rows],
                                   steps)),
                  _turned(orders, _probe(plain, "float32", _turned(orders, weights), _turned(orders, optimizer_state),
                                         _reversed(x), y, steps, turned))]
    except (Refused, Undefined):
        return None
    others += _at_moved_outputs(plain, weights, optimizer_state, x, y, steps)
    largest = _largest(plain, weights, x)
    floors, flushed = _floors(plain, exact, UNIT * largest), TINY * max(1.0, largest)
    floors["loss_after"] = floors["loss"]
    if tested:
        floors.update(_floors(plain, exact, UNIT * _largest(plain, weights, tested[0], FORWARD), "evaluated/"))
    found = {name: max([distance(exact[name], other[name]) for other in others if name in other] +
                       [floors.get(name, UNIT * _size(exact[name]))])
             for name in exact if not name.startswith("accuracy_by_rule/")}
    undefined = {name for name, value in exact.items() if not name.endswith(OF_LOSSES) and
                 not np.isfinite(np.asarray(value, float)).all()}
    return {name: np.nan if name in undefined and np.isfinite(value) else max(value, flushed) if value else value
            for name, value in found.items()}


def _at_moved_outputs(plain: dict[str, Any], weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray,
                      steps: int) -> list[dict[str, np.ndarray]]:
    """The gradient and what follows from it, at moved outputs; nothing where the loss has no value there."""
    found = []
    for kind in (MovedUp, MovedDown):
        try:
            arrays = _probe(plain, "float32", weights, optimizer_state, x, y, steps, kind=kind)
        except (Refused, Undefined):
            continue
        found.append({name: value for name, value in arrays.items()
                      if name.startswith(("gradient/", "weight/", "optimizer_state/", "loss_after"))})
    return found


def _floors(plain: dict[str, Any], exact: Arrays, floor: float, prefix: str = "") -> dict[str, float]:
    """The least noise of the arrays of a forward pass that adds up numbers of which one unit is `floor`."""
    squares = UNIT * max(1.0, float(np.square(np.float64(_size(exact[prefix + "outputs"])))))
    of_loss = min(floor, squares) if plain["loss"]["is"] in SQUARES else floor * _heaviest(plain["loss"])
    return {prefix + "logits": floor, prefix + "loss": of_loss,
            prefix + "accuracy": UNIT}  # an accuracy of 0 is a share too


@np.errstate(all="ignore")
def floor_of_loss(plain: dict[str, Any], weights: Arrays, x: np.ndarray) -> float:
    """The least noise of the loss of a batch at these weights."""
    layers = [(str(i), layer) for i, layer in enumerate(plain["layers"])]
    outputs = forward(layers, {name: value.astype(np.float64) for name, value in weights.items()},
                      x.astype(np.float64), IN_TRAINING)[-1]
    return _floors(plain, {"outputs": outputs}, UNIT * _largest(plain, weights, x))["loss"]


@np.errstate(all="ignore")
def probed_in_float64(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray, steps: int,
                      tested: Samples | None, tensor: str) -> np.ndarray | None:
    """One array of a probe of a closed spec in float64; None where the reference gives no value."""
    try:
        return _probe(to_json(spec), "float64", weights, optimizer_state, x, y, steps, tested).get(tensor)
    except (Refused, Undefined):
        return None


def _probe(plain: dict[str, Any], dtype: str, weights: Arrays, optimizer_state: Arrays, x: np.ndarray,
           y: np.ndarray, steps: int, tested: Samples | None = None,
           kind: type[Model] = Model) -> dict[str, np.ndarray]:
    job = {"settings": {"dtype": dtype}, "seed": 0, "init": "shared", "steps_per_epoch": steps}
    model = kind(plain, (0, len(plain["layers"])), x.shape[1:], job)
    model.set_weights(weights)
    model.portion = batch_size(plain, len(x))
    return {**(evaluated(model, *tested) if tested else {}), **probed(model, x, y, optimizer_state)}


def corrected(optimizer: dict[str, Any], step: int) -> dict[str, Any]:
    """Adam with the rate that it has where 1 − beta^step is computed in float32: 0.999 leaves it 7e-6 off at step 1.

    Keras's Nadam computes all with betas in float32 (keras/src/optimizers/nadam.py:117), its mean of squares too.
    """
    if optimizer["is"] == "Nadam":
        return {**optimizer, **{beta: float(np.float32(optimizer[beta])) for beta in ("beta_1", "beta_2")}}
    if optimizer["is"] not in ("Adam", "AdamW"):
        return optimizer
    first, second = ((1 - np.float32(optimizer[beta]) ** step) / (1 - optimizer[beta] ** step)
                     for beta in ("beta_1", "beta_2"))
    rate, factor = optimizer["learning_rate"], float(np.sqrt(second) / first)
    scaled = {**rate, "scale": factor} if isinstance(rate, dict) else float(rate * factor)
    return {**optimizer, "learning_rate": scaled}


def _with_masks_of(rows: np.ndarray, plain: dict[str, Any], weights: Arrays) -> dict[str, np.ndarray]:
    """Weights whose masks give the samples `rows` of a batch what they had in its own order."""
    found = dict(weights)
    for i, layer in enumerate(plain["layers"]):
        if is_random(layer):
            masks, step = (weights[f"{i}.{part}"] for part in PARTS[layer["is"]])
            found[f"{i}.masks"] = np.array(masks)
            found[f"{i}.masks"][rows_of_masks(int(step), len(rows), np.arange(len(rows)))] = \
                masks[rows_of_masks(int(step), len(rows), rows)]
    return found


def _unsorted(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value[::-1] if name in ("logits", "outputs") else value for name, value in arrays.items()}


def _reversed(x: np.ndarray) -> np.ndarray:
    """Rows of numbers the other way round; an image as it is."""
    return x if x.ndim == 4 else x.reshape(len(x), -1)[:, ::-1].reshape(x.shape)


def _turned(orders: Orders, arrays: Arrays) -> dict[str, np.ndarray]:
    """Weights, slots or a probe with the inputs and the hidden units in the reverse order; its own inverse.

    An array of another shape than its layer's stays as it is: that is a finding of its own.
    """
    turned = dict(arrays)
    for name, value in arrays.items():
        layer, _, part = name.rpartition("/")[2].partition(".")
        if layer in orders:
            inputs, outputs = orders[layer]
            if part == "kernel" and value.shape[-2:] == (len(inputs), len(outputs)):
                turned[name] = value[..., inputs, :][..., outputs]
            elif part != "kernel" and value.shape[-1:] == outputs.shape:
                turned[name] = value[..., outputs]
    return turned


def _orders(plain: dict[str, Any], shapes: list[tuple[int, ...]]) -> Orders:
    """The order of inputs and outputs in which each layer that has weights adds up the same numbers the other way.

    Of an image, the channels are turned; its places stay where they are, since windows overlap.
    """
    found: Orders = {}
    size = shapes[0][-1] if len(shapes[0]) == 3 else int(np.prod(shapes[0]))
    order = np.arange(size)[::-1]
    last = max(i for i, layer in enumerate(plain["layers"]) if layer["is"] == "Dense")
    for i, (layer, before, made) in enumerate(zip(plain["layers"], shapes, shapes[1:])):
        if layer["is"] == "Flatten" and len(before) == 3:
            places = np.arange(made[0]).reshape(before)[..., ::-1]
            if layer["order"] == "channels_first":
                places = np.arange(made[0]).reshape(before[-1:] + before[:-1])[::-1]
            order = places.ravel()
        elif layer["is"] in ("Dense", "Conv2D"):
            outputs = np.arange(made[-1])
            found[str(i)] = order, outputs if i >= last else outputs[::-1]
            order = found[str(i)][1]
        elif layer["is"] in PARTS:
            found[str(i)] = order, order
    return found


def _largest(plain: dict[str, Any], weights: Arrays, x: np.ndarray, kinds: Mapping[str, Any] = IN_TRAINING) -> float:
    """The largest number that the forward pass adds up: the absolute values through all layers.

    A moving mean is added to what it is taken from, since there is more than one way to take it.
    """
    layers = [(str(i), layer) for i, layer in enumerate(plain["layers"])]
    absolute, size = {name: np.abs(value) for name, value in weights.items()}, np.abs(x.astype(float))
    for i, (name, layer) in enumerate(layers):
        if layer["is"] == "BatchNormalization" and kinds is FORWARD:
            size = after(name, layer, {**absolute, f"{name}.moving_mean": -absolute[f"{name}.moving_mean"]}, size)
        elif layer["is"] in ("LayerNormalization", "BatchNormalization"):
            size = np.abs(forward(layers[:i + 1], weights, x.astype(float), kinds)[-1])
        elif layer["is"] != "Activation":
            size = after(name, layer, absolute, size)
        elif layer["function"] in BOUNDED and i < len(layers) - 1:
            size = np.minimum(size, 1.0)
    return float(size.max())


def _heaviest(loss: dict[str, Any]) -> float:
    """The most that a sample's loss is multiplied with before it is added to the others."""
    told = class_weights_of(loss)
    return 1.0 if told == "none" else max(1.0, max(told["values"]) / (
        min(told["values"]) if told["divisor"] == "weights" else 1.0))


@np.errstate(invalid="ignore")
def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; infinite where one is a number and the other is none, as by an overflow of float32."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    same = (one == other) | (~np.isfinite(one) & ~np.isfinite(other))
    return float(np.where(same, 0.0, np.nan_to_num(np.abs(one - other), nan=np.inf, posinf=np.inf)).max(initial=0.0))


def _size(array: np.ndarray) -> float:
    return float(np.nan_to_num(np.abs(np.asarray(array, float)), nan=0.0, posinf=0.0).max(initial=0.0))
