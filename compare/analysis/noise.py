"""Rounding noise: how far the tensors of one training step can move by rounding alone, measured on the NumPy reference.

The noise of a tensor is the largest difference between the step in float64 and any of these variations in float32: the
same step; every weight moved by one unit in its last place; the batch in reverse order, each sample with the dropout
masks it had; inputs and hidden units in reverse order; Adam's bias corrections computed from float32 betas, as Keras
does. It is at least one float32 unit of the largest number in the computation of the tensor. For the gradient, and for
everything computed from it, the gradient of the loss at logits and outputs moved by one unit in the last place is
included: where a loss clips its input, that can decide whether a sample has a gradient at all.
"""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from compare.analysis.saturated import MovedDown, MovedUp
from frameworks.parts import part_of
from frameworks.parts.dropout import mask_rows
from frameworks.parts.weights import is_random, names_of
from frameworks.reference.layers import FORWARD, IN_TRAINING, after, forward
from frameworks.reference.model import Model
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.losses import class_weights_of
from frameworks.runtime.probing import evaluated, probed
from frameworks.runtime.training import batch_size
from scenarios.spec import Spec, shapes
from scenarios.spec.fields import to_json

UNIT = float(np.finfo(np.float32).eps)
TINY = float(np.finfo(np.float32).tiny)
"""The smallest normal float32 number. Smaller numbers may be flushed to 0, which does not count as a difference."""
# Measured on the first step. Null cases (Keras on TensorFlow and JAX, Lightning, the reference in both precisions; ten
# resolved specs, four initializations) reach at most 4.8 times the noise. Planted faults of 0.1 % begin at 1,700 times;
# an epsilon of 1e-7 instead of 1e-8 lies at 980 times.
FACTOR = 16.0
"""A stage differs where a difference exceeds this many times the noise."""
FALSE_ALARMS = 0, 1_000
"""(false alarms, random steps without any difference), as measured by tests/contract/test_null_cases.py."""
SQUARES = ("MeanSquaredError", "QuadraticCost", "Huber")
"""Losses of the outputs whose derivative is at most 1."""
BOUNDED = ("sigmoid", "softmax", "tanh")
"""Activations whose outputs lie between -1 and 1."""

OF_LOSSES = ("loss", "loss_after")
"""Arrays that can be infinite by definition although the outputs are finite."""

Arrays = Mapping[str, np.ndarray]
Orders = dict[str, tuple[np.ndarray, np.ndarray]]
Samples = tuple[np.ndarray, np.ndarray]
"""x, y."""


@np.errstate(all="ignore")
def noise(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray,
          steps: int = 1, tested: Samples | None = None) -> dict[str, float] | None:
    """Measure the noise of every array of a probe.

    `spec` is resolved. `steps` is the number of steps per epoch, which a learning-rate schedule may depend on.
    `tested` are the samples evaluated before the step. They keep their order, because a change of which samples
    share a batch is not rounding.

    Returns the noise by array name, or None where the reference raises `Refused` or `Undefined`. The noise is infinite
    where rounding alone turns a finite value into nan or infinity or vice versa. It is nan for outputs, gradients and
    updates that are not finite: these have no noise.
    """
    config = to_json(spec)
    rows, orders = np.arange(len(x))[::-1], _unit_orders(config, shapes(spec))
    reversed_samples = tested and (_reversed_inputs(tested[0]), tested[1])
    float32_betas = {**config, "optimizer": corrected(config["optimizer"], int(optimizer_state.get("step", 0)) + 1)}
    nudged = {name: np.nextafter(value, np.float32(np.inf)) for name, value in weights.items()}
    try:
        exact = _probe(config, "float64", weights, optimizer_state, x, y, steps, tested)
        variations = [
            _probe(config, "float32", weights, optimizer_state, x, y, steps, tested),
            _probe(config, "float32", nudged, optimizer_state, x, y, steps, tested),
            _probe(float32_betas, "float32", weights, optimizer_state, x, y, steps),
            _reversed_rows(_probe(config, "float32", _reordered_masks(rows, config, weights), optimizer_state, x[rows],
                                  y[rows], steps)),
            _reversed_units(orders, _probe(config, "float32", _reversed_units(orders, weights),
                                           _reversed_units(orders, optimizer_state), _reversed_inputs(x), y, steps,
                                           reversed_samples))]
    except (Refused, Undefined):
        return None
    variations += _at_moved_outputs(config, weights, optimizer_state, x, y, steps)
    largest = _largest(config, weights, x)
    floors, flushed = _floors(config, exact, UNIT * largest), TINY * max(1.0, largest)
    floors["loss_after"] = floors["loss"]
    if tested:
        floors.update(_floors(config, exact, UNIT * _largest(config, weights, tested[0], FORWARD), "evaluated/"))
    result = {name: max([distance(exact[name], variation[name]) for variation in variations if name in variation] +
                        [floors.get(name, UNIT * _size(exact[name]))])
              for name in exact if not name.startswith("accuracy_by_rule/")}
    undefined = {name for name, value in exact.items()
                 if not name.endswith(OF_LOSSES) and not np.isfinite(np.asarray(value, float)).all()}
    return {name: np.nan if name in undefined and np.isfinite(value) else max(value, flushed) if value else value
            for name, value in result.items()}


def _at_moved_outputs(config: dict[str, Any], weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray,
                      steps: int) -> list[dict[str, np.ndarray]]:
    """The gradient, and the arrays computed from it, at moved outputs; no entry where the loss is undefined there."""
    results = []
    for model_class in (MovedUp, MovedDown):
        try:
            arrays = _probe(config, "float32", weights, optimizer_state, x, y, steps, model_class=model_class)
        except (Refused, Undefined):
            continue
        results.append({name: value for name, value in arrays.items()
                        if name.startswith(("gradient/", "weight/", "optimizer_state/", "loss_after"))})
    return results


def _floors(config: dict[str, Any], exact: Arrays, floor: float, prefix: str = "") -> dict[str, float]:
    """The least noise of the logits, loss and accuracy of a forward pass.

    `floor` is one float32 unit of the largest number in the forward pass.
    """
    squares = UNIT * max(1.0, float(np.square(np.float64(_size(exact[prefix + "outputs"])))))
    of_loss = min(floor, squares) if config["loss"]["is"] in SQUARES else floor * _largest_weight(config["loss"])
    return {prefix + "logits": floor, prefix + "loss": of_loss,
            prefix + "accuracy": UNIT}  # an accuracy of 0 is rounded like any other


@np.errstate(all="ignore")
def floor_of_loss(config: dict[str, Any], weights: Arrays, x: np.ndarray) -> float:
    """The least noise of the loss of a batch `x` at these weights; `config` is a resolved spec as plain JSON."""
    layers = [(str(i), layer) for i, layer in enumerate(config["layers"])]
    outputs = forward(layers, {name: value.astype(np.float64) for name, value in weights.items()},
                      x.astype(np.float64), IN_TRAINING)[-1]
    return _floors(config, {"outputs": outputs}, UNIT * _largest(config, weights, x))["loss"]


@np.errstate(all="ignore")
def probed_in_float64(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray, steps: int,
                      tested: Samples | None, tensor: str) -> np.ndarray | None:
    """One array of a probe of a resolved spec, computed by the reference in float64.

    Returns None where the reference raises `Refused` or `Undefined`, or where the probe has no such array.
    """
    try:
        return _probe(to_json(spec), "float64", weights, optimizer_state, x, y, steps, tested).get(tensor)
    except (Refused, Undefined):
        return None


def _probe(config: dict[str, Any], dtype: str, weights: Arrays, optimizer_state: Arrays, x: np.ndarray,
           y: np.ndarray, steps: int, test_samples: Samples | None = None,
           model_class: type[Model] = Model) -> dict[str, np.ndarray]:
    """The arrays of one training step of the reference, and of an evaluation of `test_samples` before it."""
    job = {"settings": {"dtype": dtype}, "seed": 0, "init": "shared", "steps_per_epoch": steps}
    model = model_class(config, (0, len(config["layers"])), x.shape[1:], job)
    model.set_weights(weights)
    model.portion = batch_size(config, len(x))
    return {**(evaluated(model, *test_samples) if test_samples else {}), **probed(model, x, y, optimizer_state)}


def corrected(optimizer: dict[str, Any], step: int) -> dict[str, Any]:
    """The optimizer with the effect of float32 betas; `step` counts from 1.

    Adam and AdamW get the learning rate that results where 1 − beta^step is computed in float32: with a beta of 0.999
    it is off by 7e-6 at step 1. Keras's Nadam computes everything with float32 betas
    (keras/src/optimizers/nadam.py:117), including the mean of squares. Other optimizers are returned unchanged.
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


def _reordered_masks(rows: np.ndarray, config: dict[str, Any], weights: Arrays) -> dict[str, np.ndarray]:
    """The weights, with dropout masks reordered so that each sample of the batch `rows` keeps its mask."""
    result = dict(weights)
    for i, layer in enumerate(config["layers"]):
        if is_random(layer):
            masks, step = (weights[f"{i}.{part}"] for part in names_of(layer))
            result[f"{i}.masks"] = np.array(masks)
            result[f"{i}.masks"][mask_rows(int(step), len(rows), np.arange(len(rows)))] = \
                masks[mask_rows(int(step), len(rows), rows)]
    return result


def _reversed_rows(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A probe with the samples of its logits and outputs in reverse order."""
    return {name: value[::-1] if name in ("logits", "outputs") else value for name, value in arrays.items()}


def _reversed_inputs(x: np.ndarray) -> np.ndarray:
    """Each sample with its numbers in reverse order; images of shape (n, height, width, channels) are unchanged."""
    return x if x.ndim == 4 else x.reshape(len(x), -1)[:, ::-1].reshape(x.shape)


def _reversed_units(orders: Orders, arrays: Arrays) -> dict[str, np.ndarray]:
    """Weights, optimizer state or a probe with inputs and hidden units in reverse order; the function is its own
    inverse.

    An array whose shape is not that of its layer is unchanged: another comparison reports it.
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


def _unit_orders(config: dict[str, Any], layer_shapes: list[tuple[int, ...]]) -> Orders:
    """For each layer that has weights, the (input order, output order) with which it sums the same numbers in reverse.

    Of an image only the channels are reversed. Pixels keep their positions, because windows overlap.
    """
    result: Orders = {}
    size = layer_shapes[0][-1] if len(layer_shapes[0]) == 3 else int(np.prod(layer_shapes[0]))
    order = np.arange(size)[::-1]
    last = max(i for i, layer in enumerate(config["layers"]) if layer["is"] == "Dense")
    for i, (layer, input_shape, output_shape) in enumerate(zip(config["layers"], layer_shapes, layer_shapes[1:])):
        if layer["is"] == "Flatten" and len(input_shape) == 3:
            places = np.arange(output_shape[0]).reshape(input_shape)[..., ::-1]
            if layer["order"] == "channels_first":
                places = np.arange(output_shape[0]).reshape(input_shape[-1:] + input_shape[:-1])[::-1]
            order = places.ravel()
        elif layer["is"] in ("Dense", "Conv2D"):
            outputs = np.arange(output_shape[-1])
            result[str(i)] = order, outputs if i >= last else outputs[::-1]
            order = result[str(i)][1]
        elif names_of(layer):
            result[str(i)] = order, order
    return result


def _largest(config: dict[str, Any], weights: Arrays, x: np.ndarray, kinds: Mapping[str, Any] = IN_TRAINING) -> float:
    """The largest number that the forward pass sums: absolute values are propagated through all layers.

    `kinds` holds the forward function of each kind of layer. The absolute moving mean is added, not subtracted, because
    implementations differ in how they subtract it.
    """
    layers = [(str(i), layer) for i, layer in enumerate(config["layers"])]
    absolute, size = {name: np.abs(value) for name, value in weights.items()}, np.abs(x.astype(float))
    for i, (name, layer) in enumerate(layers):
        if layer["is"] == "BatchNormalization" and kinds is FORWARD:
            size = after(name, layer, {**absolute, f"{name}.moving_mean": -absolute[f"{name}.moving_mean"]}, size)
        elif part_of(layer).normalizes:
            size = np.abs(forward(layers[:i + 1], weights, x.astype(float), kinds)[-1])
        elif layer["is"] != "Activation":
            size = after(name, layer, absolute, size)
        elif layer["function"] in BOUNDED and i < len(layers) - 1:
            size = np.minimum(size, 1.0)
    return float(size.max())


def _largest_weight(loss: dict[str, Any]) -> float:
    """The largest factor by which a sample's loss is multiplied before the losses are summed; at least 1."""
    class_weights = class_weights_of(loss)
    if class_weights == "none":
        return 1.0
    divisor = min(class_weights["values"]) if class_weights["divisor"] == "weights" else 1.0
    return max(1.0, max(class_weights["values"]) / divisor)


@np.errstate(invalid="ignore")
def distance(left: np.ndarray, right: np.ndarray) -> float:
    """The largest absolute difference; infinite where only one side is finite, as after an overflow of float32."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    same = (left == right) | (~np.isfinite(left) & ~np.isfinite(right))
    return float(np.where(same, 0.0, np.nan_to_num(np.abs(left - right), nan=np.inf, posinf=np.inf)).max(initial=0.0))


def _size(array: np.ndarray) -> float:
    """The largest finite absolute value; 0 where there is none."""
    return float(np.nan_to_num(np.abs(np.asarray(array, float)), nan=0.0, posinf=0.0).max(initial=0.0))
