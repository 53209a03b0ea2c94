"""Rounding noise: how far the tensors of one training step can move by rounding alone, measured on the NumPy reference.

The noise of a tensor is the largest difference between the step in float64 and any of these variations in float32: the
same step; every weight moved by one unit in its last place; the batch in reverse order, each sample with the dropout
masks it had; inputs and hidden units in reverse order; Adam's bias corrections computed from float32 betas, as Keras
does. It is at least one float32 unit of the largest number in the computation of the tensor. For the gradient, and for
everything computed from it, the gradient of the loss at logits and outputs moved by one unit in the last place is
included: where a loss clips its input, that can decide whether a sample has a gradient at all.
"""

from __future__ import annotations

from typing import Mapping

import numpy as np

from compare.analysis import variations
from compare.analysis.float32 import TINY, UNIT, distance, largest
from compare.analysis.noise_floor import floors, largest_summed
from compare.analysis.saturated import MovedDown, MovedUp
from frameworks import in_process
from frameworks.parts.metrics import METRICS
from frameworks.reference.layers import FORWARD
from frameworks.reference.model import Model
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.probing import evaluated, probed
from scenarios.spec import Spec

# Measured on the first step. Null cases (Keras on TensorFlow and JAX, Lightning, the reference in both precisions; ten
# resolved specs, four initializations) reach at most 4.8 times the noise. Planted faults of 0.1 % begin at 1,700 times;
# an epsilon of 1e-7 instead of 1e-8 lies at 980 times.
FACTOR = 16.0
"""A stage differs where a difference exceeds this many times the noise."""
FALSE_ALARMS = 0, 1_000
"""(false alarms, random steps without any difference), as measured by tests/contract/test_detection_rates.py."""
OF_LOSSES = ("loss", "loss_after")
"""Arrays that can be infinite by definition although the outputs are finite."""

Arrays = Mapping[str, np.ndarray]
Samples = tuple[np.ndarray, np.ndarray]
"""x, y."""
Batch = tuple[np.ndarray, np.ndarray, "np.ndarray | None"]
"""x, y, and the weights of the samples, where the spec has any."""


@in_process.one_thread
@np.errstate(all="ignore")
def noise(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray,
          steps: int = 1, tested: Samples | None = None,
          sample_weight: np.ndarray | None = None) -> dict[str, float] | None:
    """Measure the noise of every array of a probe.

    `spec` is resolved. `steps` is the number of steps per epoch, which a learning-rate schedule may depend on.
    `tested` are the samples evaluated before the step. They keep their order, because a change of which samples
    share a batch is not rounding. `sample_weight` are the weights of the samples, where the spec has any.

    Returns the noise by array name, or None where the reference raises `Refused` or `Undefined`. The noise is infinite
    where rounding alone turns a finite value into nan or infinity or vice versa. It is nan for outputs, gradients and
    updates that are not finite, and for what is computed from such outputs or weights: these have no noise.
    """
    try:
        exact = _probe(spec, "float64", weights, optimizer_state, (x, y, sample_weight), steps, tested)
        varied = _varied(spec, weights, optimizer_state, (x, y, sample_weight), steps, tested)
    except (Refused, Undefined):
        return None
    varied += _at_moved_outputs(spec, weights, optimizer_state, (x, y, sample_weight), steps)
    size = largest_summed(spec, weights, x)
    least = floors(spec, exact["outputs"], size)
    least["loss_after"] = least["loss"]
    if tested:
        evaluated_size = largest_summed(spec, weights, tested[0], FORWARD)
        least.update(floors(spec, exact["evaluated/outputs"], evaluated_size, "evaluated/"))
    result = {name: max([distance(exact[name], arrays[name]) for arrays in varied if name in arrays] +
                        [least.get(name, 0.0), UNIT * largest(exact[name])])
              for name in exact if not name.startswith("accuracy_by_rule/")}
    undefined = {name for name, value in exact.items()
                 if not name.endswith(OF_LOSSES) and not np.isfinite(np.asarray(value, float)).all()}
    flushed = TINY * max(1.0, size)
    noises = {name: np.nan if name in undefined and np.isfinite(value) else max(value, flushed) if value else value
              for name, value in result.items()}
    return {**noises, **dict.fromkeys(_of_undefined(noises), np.nan)}


def _of_undefined(noises: Mapping[str, float]) -> set[str]:
    """The losses, accuracies and metrics that are computed from outputs or weights without a finite noise.

    Whether such a loss is infinite or nan, and which of several infinite outputs is the largest, differs from one
    correct implementation to another.
    """
    names = {f"{prefix}{name}" for prefix in ("", "evaluated/") for name in ("loss", "accuracy", *METRICS.values())
             if not all(noises.get(f"{prefix}{of}", 0.0) < np.inf for of in ("logits", "outputs"))}
    weights = [value for name, value in noises.items() if name.startswith("weight/")]
    return (names if np.isfinite(weights).all() else {*names, "loss_after"}) & noises.keys()


def _varied(spec: Spec, weights: Arrays, optimizer_state: Arrays, batch: Batch, steps: int,
            tested: Samples | None) -> list[dict[str, np.ndarray]]:
    """The arrays of the same step in float32, as it is and with every variation. Raises Refused or Undefined."""
    x, y, sample_weight = batch
    orders, rows = variations.unit_orders(spec), np.arange(len(x))[::-1]
    reversed_batch = x[rows], y[rows], None if sample_weight is None else sample_weight[rows]
    betas, factor = variations.with_float32_betas(spec, int(optimizer_state.get("step", 0)) + 1)
    reversed_samples = tested and (variations.reversed_inputs(tested[0]), tested[1])
    reordered = variations.with_reordered_masks(spec, weights, rows)
    reversed_weights = variations.reversed_units(orders, weights)
    reversed_state = variations.reversed_units(orders, optimizer_state)
    return [
        _probe(spec, "float32", weights, optimizer_state, batch, steps, tested),
        _probe(spec, "float32", variations.nudged(weights), optimizer_state, batch, steps, tested),
        _probe(betas, "float32", weights, optimizer_state, batch, steps, rate_factor=factor),
        variations.reversed_rows(_probe(spec, "float32", reordered, optimizer_state, reversed_batch, steps)),
        variations.reversed_units(orders, _probe(
            spec, "float32", reversed_weights, reversed_state, (variations.reversed_inputs(x), y, sample_weight),
            steps, reversed_samples))]


def _at_moved_outputs(spec: Spec, weights: Arrays, optimizer_state: Arrays, batch: Batch,
                      steps: int) -> list[dict[str, np.ndarray]]:
    """The gradient, and the arrays computed from it, at moved outputs; no entry where the loss is undefined there."""
    results = []
    for model_class in (MovedUp, MovedDown):
        try:
            arrays = _probe(spec, "float32", weights, optimizer_state, batch, steps, model_class=model_class)
        except (Refused, Undefined):
            continue
        results.append({name: value for name, value in arrays.items()
                        if name.startswith(("gradient/", "weight/", "optimizer_state/", "loss_after"))})
    return results


@np.errstate(all="ignore")
def probed_in_float64(spec: Spec, weights: Arrays, optimizer_state: Arrays, x: np.ndarray, y: np.ndarray, steps: int,
                      tested: Samples | None, sample_weight: np.ndarray | None, tensor: str) -> np.ndarray | None:
    """One array of a probe of a resolved spec, computed by the reference in float64.

    Returns None where the reference raises `Refused` or `Undefined`, or where the probe has no such array.
    """
    try:
        batch = x, y, sample_weight
        return _probe(spec, "float64", weights, optimizer_state, batch, steps, tested).get(tensor)
    except (Refused, Undefined):
        return None


def _probe(spec: Spec, dtype: str, weights: Arrays, optimizer_state: Arrays, batch: Batch, steps: int,
           test_samples: Samples | None = None, model_class: type[Model] = Model,
           rate_factor: float = 1.0) -> dict[str, np.ndarray]:
    """The arrays of one training step of the reference, and of an evaluation of `test_samples` before it."""
    x = batch[0]
    model = in_process.model(spec, x.shape[1:], dtype, steps, model_class=model_class, rate_factor=rate_factor)
    model.set_weights(weights)
    model.portion = spec.training.samples_per_step(len(x))
    return {**(evaluated(model, *test_samples) if test_samples else {}), **probed(model, batch, optimizer_state)}
