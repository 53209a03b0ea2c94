"""A training step in NumPy: accumulation, clipping, weight decay, and the update of the optimizer.

The math of each optimizer is in `frameworks.parts.optimizers`. The optimizer state is a dict of arrays, named as in
`momentum/1.kernel`; `step` counts the updates so far, and an empty dict is the initial state. Default arguments here
are the values of the reference's default rules.
"""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from frameworks.parts.optimizers import optimizer_part
from frameworks.protocol import Arrays, Json
from frameworks.reference.schedules import on_plateau, rate_before
from frameworks.reference.schedules import rate as rate_of
from frameworks.runtime.accumulation import PART, by_epochs, ends_a_group, size_of, updates
from frameworks.runtime.momentum import keeps_no_rate, unit

ADAMWS_FACTOR = 0.004
"""The weight decay of Keras's AdamW; the paper gives no number."""
State = Mapping[str, Any]
"""An optimizer state: arrays and counts by name."""
Stepped = tuple[dict[str, np.ndarray], dict[str, Any]]
"""(new weights, new optimizer state)."""


def step(spec: Json, weights: Arrays, gradients: Arrays, optimizer_state: State, steps: int = 1) -> Stepped:
    """Do one training step with an optimizer in plain JSON; its weights and state remain unchanged.

    `weights` are those with a gradient, and `steps` is the number of training steps in an epoch. Returns (new weights,
    new optimizer state). Within a group of accumulated gradients, only the state is new.
    """
    size = size_of(spec)
    if size == 1:
        return moved(spec, weights, gradients, optimizer_state, steps)
    micro, epochwise = int(optimizer_state.get("micro", 0)), by_epochs(spec)
    inner = {name: value for name, value in optimizer_state.items() if name != "micro" and not name.startswith(PART)}
    # The state of another framework can contain an unfinished group at the end of an epoch.
    accumulated = {} if epochwise and micro % steps == 0 else optimizer_state
    sums = {name: g + np.asarray(accumulated.get(PART + name, 0), g.dtype) for name, g in gradients.items()}
    new, state = dict(weights), dict(inner, step=np.array(updates(size, epochwise, micro, steps)))
    if ends_a_group(size, epochwise, micro, steps):
        new, state = moved(spec, weights, {name: g / g.dtype.type(size) for name, g in sums.items()}, state, steps)
        sums = {name: np.zeros_like(g) for name, g in sums.items()}
    return new, {**state, "micro": np.array(micro + 1), **{PART + name: g for name, g in sums.items()}}


def moved(spec: Json, weights: Arrays, gradients: Arrays, optimizer_state: State, steps: int) -> Stepped:
    """Do one update of the weights, without accumulation; arguments and return value are those of `step`."""
    fields = {name: value for name, value in _given(spec).items()
              if name not in ("clip", "weight_decay", "accumulation")}
    schedule = fields.get("learning_rate")
    if isinstance(schedule, dict):
        dtype = next(iter(gradients.values())).dtype
        fields["learning_rate"] = rate_of(schedule, optimizer_state, steps, dtype)
        if keeps_no_rate(spec):
            before = rate_before(schedule, optimizer_state, steps, dtype)
            fields["units"] = tuple(dtype.type(unit(rate, schedule["initial"]))
                                    for rate in (before, fields["learning_rate"]))
    if spec["clip"] != "none":
        gradients = clipped(gradients, **_given(spec["clip"]))
    if spec["weight_decay"] != "none":
        rate = fields.get("learning_rate", optimizer_part(spec).learning_rate)
        weights, gradients = decayed(weights, gradients, rate, **_given(spec["weight_decay"]))
    new, state = updated(spec["is"], weights, gradients, optimizer_state, **fields)
    if on_plateau(schedule):
        state["rate"] = np.array(optimizer_state.get("rate", schedule["initial"]))
        state["last_rate"] = np.array(state["rate"])
    return new, state


def updated(kind: str, weights: Arrays, gradients: Arrays, optimizer_state: State,
            learning_rate: float | np.floating | None = None, **fields: Any) -> Stepped:
    """Do the update of an optimizer, given by the name of its class, without weight decay and clipping.

    `fields` are its other fields that are set. Returns (new weights, new optimizer state).
    """
    part, step_number = optimizer_part(kind), int(optimizer_state.get("step", 0)) + 1
    shared = part.shared_state(optimizer_state, float(step_number), **fields)
    new, state = {}, dict({"step": np.array(step_number)}, **shared)
    rate = _as(gradients, part.learning_rate if learning_rate is None else learning_rate)
    for name, g in gradients.items():
        own_state = {array: optimizer_state[array + "/" + name] for array in part.state
                     if array + "/" + name in optimizer_state}
        change, kept = part.update(g, dict(own_state, **shared), float(step_number), rate, **fields)
        new[name] = (weights[name] - change).astype(g.dtype)
        state.update((array + "/" + name, value) for array, value in kept.items())
    return new, state


def clipped(gradients: Arrays, norm: float, of: str = "all", offset: float = 0.0) -> dict[str, np.ndarray]:
    """Return the gradients times norm / (n + offset) where this is below 1; Pascanu et al. 2013, algorithm 1.

    With of="all", n is the norm of all gradients together, otherwise that of each array.
    """
    squares = {name: np.sum(np.square(g)) for name, g in gradients.items()}
    if of == "all":
        squares = dict.fromkeys(squares, sum(squares.values()))
    return {name: g * np.minimum(1, norm / (np.sqrt(squares[name]) + _as(gradients, offset))).astype(g.dtype)
            for name, g in gradients.items()}


def decayed(weights: Arrays, gradients: Arrays, rate: float | np.floating, factor: float = ADAMWS_FACTOR,
            decoupled: bool = True) -> tuple[Arrays, Arrays]:
    """Return (weights, gradients) after weight decay; Loshchilov and Hutter 2019, algorithms 1 and 2.

    If `decoupled`, the weights are multiplied by 1 - rate · factor; otherwise factor · weight is added to gradients.
    """
    if decoupled:
        return {name: w * (1 - rate * factor) for name, w in weights.items()}, gradients
    return weights, {name: g + factor * weights[name] for name, g in gradients.items()}


def _given(part: Json) -> dict[str, Any]:
    """Return the fields of a part of a spec that are set."""
    return {name: value for name, value in part.items() if value is not None and name != "is"}


def _as(gradients: Arrays, value: float | np.floating) -> np.floating:
    """Return a number in the dtype of the gradients."""
    return next(iter(gradients.values())).dtype.type(value)
