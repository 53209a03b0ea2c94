"""The first layer with different outputs, where two sides differ in a training step or in the evaluation before it.

Both sides repeat the forward pass from the same recorded state, and return the outputs of every layer. The first layer
that differs above rounding is named: the layers before it match, so that both had the same inputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Mapping

import numpy as np

from compare.analysis import variations
from compare.analysis.float32 import UNIT, distance, largest
from compare.analysis.noise_floor import sizes_summed
from compare.analysis.stages import FirstLayer, StageResult
from compare.analysis.step_replays import Again, kept_states, repeated
from compare.analysis.steps import Steps
from compare.analysis.tensor_comparison import worst
from compare.execution.trials import Trial
from frameworks import in_process
from frameworks.job import Mode
from frameworks.reference.layers import FORWARD, IN_TRAINING
from frameworks.runtime.trace import Trace
from scenarios.spec import Activation, Spec

Arrays = Mapping[str, np.ndarray]
MODES: Mapping[str, Mode] = {"forward": "training", "evaluation": "evaluation"}
"""By stage that compares outputs, how they are computed."""


def named(stages: Iterable[StageResult], sides: tuple[Trial, Trial], specs: tuple[Spec, Spec], owner: Trial,
          trace: Trace, steps: Steps, again: Again) -> list[StageResult]:
    """The stages of a step; one that compares outputs, and differs, has the first layer with different outputs.

    `specs` are those of the `sides`, resolved. `owner`, `trace` and `steps` belong to the training that recorded the
    state.
    """
    return [_with_layer(stage, sides, specs, owner, trace, steps, again)
            if stage.differs and _compares_outputs(stage, trace) else stage for stage in stages]


def _compares_outputs(stage: StageResult, trace: Trace) -> bool:
    """Whether outputs are compared: in a forward stage, and in an evaluation before a step, but not in one of `fit`."""
    return stage.name == "forward" or stage.name == "evaluation" and all(
        f"probe/{stage.step}/{tensor}" in trace for tensor in (stage.tensor, "evaluated/outputs"))


def _with_layer(stage: StageResult, sides: tuple[Trial, Trial], specs: tuple[Spec, Spec], owner: Trial, trace: Trace,
                steps: Steps, again: Again) -> StageResult:
    mode = MODES[stage.name]
    if steps.partly and mode == "training":
        return replace(stage, layer_reason="the outputs of all layers for a full batch of this size need too much "
                                           "memory")
    kept = kept_states(trace, [stage.step])
    left, right = (repeated(replace(owner, spec=side.spec), side.framework, kept, again, layers=mode)
                   .below(f"probe/{stage.step}/layer") for side in sides)
    noises = _noises(specs, stage.step, steps, mode)
    for position, layer in enumerate(specs[0].layers):
        name, kind = str(position), type(layer).__name__
        if name not in left or name not in right:
            return replace(stage, layer_reason=f"the outputs of layer {name} could not be read on both sides")
        compared = worst(stage.name, f"layer/{name}", left[name], right[name], noises)
        if compared.differs is None:
            return replace(stage, layer_reason=f"how far rounding moves the outputs of layer {name} could not be "
                                               "measured")
        if compared.differs:
            return replace(stage, layer=FirstLayer(position, kind, replace(compared, step=stage.step)))
    if stage.name == "evaluation" and not stage.tensor.endswith(("logits", "outputs")):
        return stage  # its loss or its metrics differ although its outputs do not
    return replace(stage, layer_reason="the outputs of no layer differ by more than rounding in a repeated step")


def _noises(specs: tuple[Spec, Spec], step: int, steps: Steps, mode: Mode) -> dict[str, float]:
    """The noise of the outputs of every layer: the larger one of the two specs; of the last ones, that of the stage."""
    states = [steps.at(step, spec) for spec in specs]
    measured = [_noise(spec, weights, x if mode == "training" else steps.evaluated[0], mode)
                for spec, (weights, _, x, *_) in zip(specs, states)]
    noises = {name: float(np.fmax(noise, measured[1][name])) for name, noise in measured[0].items()}
    of_stage, last = steps.noise(specs, step) or {}, len(specs[0].layers) - 1
    tensors = {last: "outputs", last - 1: "logits"} if isinstance(specs[0].layers[-1], Activation) else \
        {last: "outputs"}
    before = "evaluated/" * (mode == "evaluation")
    return {**noises, **{f"layer/{position}": of_stage[before + tensor] for position, tensor in tensors.items()
                         if before + tensor in of_stage and position >= 0}}


@in_process.one_thread
@np.errstate(all="ignore")
def _noise(spec: Spec, weights: Arrays, x: np.ndarray, mode: Mode) -> dict[str, float]:
    """The noise of the outputs of every layer: how far the variations of `noise` move them, on the NumPy reference."""
    orders, rows = variations.orders_between(spec)[1:], np.arange(len(x))[::-1]
    exact = _outputs(spec, "float64", weights, x, mode)
    of_reversed_rows = _outputs(spec, "float32", variations.with_reordered_masks(spec, weights, rows), x[rows], mode)
    of_reversed_units = _outputs(spec, "float32", variations.reversed_units(variations.unit_orders(spec), weights),
                                 variations.reversed_inputs(x), mode)
    varied = [_outputs(spec, "float32", weights, x, mode),
              _outputs(spec, "float32", variations.nudged(weights), x, mode),
              [value[::-1] for value in of_reversed_rows],
              [value[..., order] if value.shape[-1:] == order.shape else correct
               for value, order, correct in zip(of_reversed_units, orders, exact)]]
    sizes = sizes_summed(spec, weights, x, IN_TRAINING if mode == "training" else FORWARD)
    return {f"layer/{i}": max(UNIT * max(size, largest(value)), *(distance(value, outputs[i]) for outputs in varied))
            for i, (value, size) in enumerate(zip(exact, sizes))}


def _outputs(spec: Spec, dtype: str, weights: Arrays, x: np.ndarray, mode: Mode) -> list[np.ndarray]:
    """The outputs of every layer of a resolved spec, computed by the NumPy reference."""
    model = in_process.model(spec, x.shape[1:], dtype)
    model.set_weights(weights)
    return list(model.layer_outputs(x, mode == "training").values())
