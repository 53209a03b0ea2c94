"""The reference's replay of what `fit` did between its own recorded states, from each state to the next.

Single steps are compared one by one, outside of `fit`. Effects of `fit` itself, such as a learning rate that changes in
the second epoch, show in the loss of every step and in the weights of the next state. The rounding tolerance is
measured by replaying with variations; where it is more than a small share of the value, as on raw pixels, a step counts
as not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterator, Mapping

import numpy as np

from compare.analysis.float32 import TINY, UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.noise_floor import floor_of_loss
from compare.analysis.stages import StageResult
from compare.analysis.steps import Steps
from compare.analysis.tensor_comparison import worst
from compare.analysis.variations import with_float32_betas
from compare.execution.trials import FIRST_STEPS
from frameworks import in_process
from frameworks.parts.weights import is_random
from frameworks.reference.model import Model
from frameworks.runtime.accumulation import PART
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.trace import Trace
from scenarios.spec import Conv2D, Dense, Spec, shapes

Arrays = Mapping[str, np.ndarray]
LOSS = "step/loss"
NUDGES, MORE = 2, 16
"""How often a segment is replayed from weights that are moved up or down by `FACTOR` units in their last place:
`NUDGES` times always, and `MORE` times before a difference is reported, because a rare jump, as at the kink of an
activation, may need many replays to be met."""
MOST = 0.1
"""Share of the change of a weight within a segment. Weights with a larger tolerance are not compared."""
SHARE = 0.01
"""Share of a step's loss. A step with a larger tolerance counts as not compared."""
MULTIPLICATIONS = 2e10
"""Multiplications in the forward passes of one replay. Of a training that needs more, only some segments are replayed.
"""


@dataclass(frozen=True)
class Coverage:
    """How much of a framework's training and evaluation was compared with the reference, resolved with its defaults."""

    variant: str
    framework: str
    compared: int
    """The number of training steps that were compared."""
    steps: int
    """The number of training steps."""
    size: float | None = None
    """The smallest difference, relative to a step's loss, that would have been detected in every compared step."""
    reason: str = ""
    """Why the other steps were not compared; empty where all were."""
    states: int = 0
    """Recorded states of the training at which outputs, loss and accuracy of an evaluation were compared."""
    samples: int = 0
    """Test samples at each of these states."""
    last: int = 0
    """Test samples over which the loss at the last weights was compared with that of the framework's own outputs."""


@dataclass(frozen=True)
class FitReplay:
    """The result of replaying a training."""

    stages: tuple[StageResult, ...]
    """Unexplained differences of the first segment that has any."""
    until: bool
    """Whether every step of the segments before that one was compared."""
    complete: bool
    """Whether every step before the first difference was compared."""
    compared: int
    """The number of steps that were compared."""
    size: float | None
    """The smallest relative difference that would have been detected in every compared step; see `Coverage`."""
    reason: str
    """Why the other steps were not compared; empty where all were."""


@dataclass(frozen=True)
class _Segment:
    """The reference's loss of every step of a segment, with its tolerance, and the comparisons at the segment's end."""

    losses: np.ndarray
    tolerance: np.ndarray
    ends: tuple[StageResult, ...]


def replay_fit(spec: Spec, trace: Trace, steps: Steps) -> FitReplay:
    """Replay a training from each recorded state to the next, by the reference with the resolved `spec`."""
    losses = np.asarray(trace.arrays.get(LOSS, np.zeros(0)), float)
    if steps.partly:
        return FitReplay((), False, False, 0, None, "a full batch of this size takes too long")
    pieces, replayed = list(segments(trace)), 0
    cost = multiplications(spec) * sum(last - first for first, last in pieces) * trace.facts["batch"]
    stride = max(1, int(np.ceil(cost / MULTIPLICATIONS)))
    sizes, until, complete, compared = [0.0], True, True, 0
    stages: list[StageResult] = []
    for number, (first, last) in enumerate(pieces):
        if number % stride and last < len(losses):
            complete = complete and bool(stages)
            continue
        replayed += last - first
        segment = _segment(spec, trace, steps, first, last, NUDGES)
        if not stages and _differences(segment, losses[first:last], first):
            segment = _segment(spec, trace, steps, first, last, MORE)
        comparable = _comparable(segment)
        different = [] if stages else _differences(segment, losses[first:last], first)
        until = complete if different else until
        if different and complete:
            before = different[0].step - first if different[0].tensor == LOSS else 0
            complete = different[0].tensor == LOSS and bool(comparable[:before].all())
        stages += different
        if not stages:
            complete = complete and bool(comparable.all())
        compared += int(comparable.sum())
        sizes += list(segment.tolerance[comparable] / np.abs(segment.losses[comparable]))
    reason = "" if compared == len(losses) else "the rest would take too long" if replayed < len(losses) else \
        f"rounding alone can move their losses by more than {SHARE:.0%}"
    return FitReplay(tuple(stages), until, complete, compared, float(max(sizes)) if compared else None, reason)


def segments(trace: Trace) -> Iterator[tuple[int, int]]:
    """(first step, step after the last) from each state that `fit` kept, or started from, to the next or the end."""
    end = len(trace.arrays.get(LOSS, ()))
    places = sorted({0, end} | {step for step in trace.kept_steps() if FIRST_STEPS <= step < end})
    yield from zip(places, places[1:])


def multiplications(spec: Spec) -> float:
    """The number of multiplications in the forward pass of one sample."""
    return float(sum(
        np.prod(output) * (layer.kernel_size ** 2 * before[-1] if isinstance(layer, Conv2D) else before[0])
        for layer, before, output in zip(spec.layers, shapes(spec), shapes(spec)[1:])
        if isinstance(layer, (Conv2D, Dense))))


def _comparable(segment: _Segment) -> np.ndarray:
    """For each step of a segment, whether its loss can be compared."""
    return np.isfinite(segment.losses) & (segment.tolerance <= SHARE * np.abs(segment.losses))


@np.errstate(invalid="ignore")
def _differences(segment: _Segment, losses: np.ndarray, first: int) -> list[StageResult]:
    """The first step of the segment with a loss that differs by more than rounding; if none does, the largest
    difference of the weights and the optimizer state at its end."""
    difference = np.abs(losses - segment.losses)
    places = np.flatnonzero(_comparable(segment) & ~(difference <= segment.tolerance))
    if places.size:
        place = int(places[0])
        size = float(np.nan_to_num(difference[place], nan=np.inf))
        name = "update" if np.isfinite(losses[place]) else "outcome"
        return [StageResult(name, True, LOSS, (), (float(losses[place]), float(segment.losses[place])), size,
                            float(segment.tolerance[place]) / FACTOR, first + place)]
    different = [stage for stage in segment.ends if stage.differs]
    return [max(different, key=lambda stage: stage.size / stage.noise)] if different else []


@in_process.one_thread
@np.errstate(all="ignore")
def _segment(spec: Spec, trace: Trace, steps: Steps, first: int, last: int, nudges: int) -> _Segment:
    """Replay one segment: once for the comparison, and with variations that measure the rounding tolerance."""
    weights = {**steps.weights, **trace.below(f"state/{first}/weight")}
    optimizer_state = trace.below(f"state/{first}/optimizer_state") if first else {}
    batches, per_epoch = [steps.batch(step) for step in range(first, last)], trace.facts["steps_per_epoch"]
    rates = _rates(spec, trace, first, last)

    def replayed(spec: Spec, dtype: str, initial: Arrays,
                 rate_factor: float = 1.0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        model = in_process.model(spec, batches[0][0].shape[1:], dtype, per_epoch, rate_factor=rate_factor)
        model.set_weights(initial)
        model.set_optimizer_state(optimizer_state)
        return _replayed(model, batches, rates)

    losses, reached = replayed(spec, "float32", weights)
    betas, factor = with_float32_betas(spec, int(optimizer_state.get("step", 0)) + 1)
    rng = np.random.default_rng(first)
    variations = [replayed(spec, "float64", weights)]
    variations += [replayed(betas, "float32", weights, factor)] if (betas, factor) != (spec, 1.0) else []
    variations += [replayed(spec, "float32", _nudged(spec, weights, rng)) for _ in range(nudges)]
    noise = np.max([np.nan_to_num(np.abs(losses - varied), nan=np.inf) for varied, _ in variations], axis=0)
    last_weights = {**weights, **{name: value for name, value in reached.items() if name in weights}}
    floor = max(floor_of_loss(spec, weights, batches[0][0]), floor_of_loss(spec, last_weights, batches[-1][0]))
    floors = np.maximum(floor, UNIT * np.abs(np.nan_to_num(losses)))
    tolerance = FACTOR * np.maximum(floors, np.maximum.accumulate(noise))
    ends = _ends(trace, last, weights, optimizer_state, reached, [end for _, end in variations])
    return _Segment(losses, tolerance, tuple(ends))


def _ends(trace: Trace, last: int, weights: Arrays, optimizer_state: Arrays, reached: Arrays,
          variations: list[dict[str, np.ndarray]]) -> Iterator[StageResult]:
    """Compare each weight and each optimizer state at the end of a segment with those that the reference `reached`.

    An array is skipped where its tolerance is at least `MOST` of the change of the weight within the segment, or of
    the size of the optimizer state.
    """
    for name, kind in [(name, "weight") for name in trace.below(f"state/{last}/weight")] + [
            (name, "optimizer_state") for name in trace.below(f"state/{last}/optimizer_state")
            if "/" in name and not name.startswith(PART)]:
        if name not in reached or any(name not in end for end in variations):
            continue
        expected = reached[name]
        noise = max(TINY, UNIT * float(np.abs(expected).max()),
                    *(float(np.nan_to_num(np.abs(expected - end[name]), nan=np.inf).max()) for end in variations))
        change = expected - weights[name] if kind == "weight" else expected
        if FACTOR * noise < MOST * np.abs(change).max():
            actual = trace[f"state/{last}/{kind}/{name}"]
            yield replace(worst("update", f"{kind}/{name}", actual, expected.astype(np.float32),
                                {f"{kind}/{name}": noise}), step=last - 1)


def _nudged(spec: Spec, weights: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The weights, each moved up or down by `FACTOR` units in its last place; dropout masks and counters are kept."""
    random = [is_random(type(layer).__name__) for layer in spec.layers]
    return {name: value if random[int(name.partition(".")[0])] else
            (value * (1 + FACTOR * UNIT * rng.choice((-1, 1), value.shape))).astype(np.float32)
            for name, value in weights.items()}


def _rates(spec: Spec, trace: Trace, first: int, last: int) -> dict[int, float]:
    """The learning rates by the step of the segment, counted from 0, at which they take effect; empty unless the rate
    depends on the losses or accuracies that epochs report."""
    steps, rates = trace.facts["steps_per_epoch"], in_process.rates_after_epochs(spec, trace.below("reported"))
    return {step - first: rates[step // steps] for step in range(first, last)
            if rates and (step == first or step % steps == 0)}


def _replayed(model: Model, batches: list[tuple[np.ndarray, ...]],
              rates: Mapping[int, float]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(the loss of every step of a model, its weights and optimizer state after the last step).

    Where the reference raises `Refused` or `Undefined`, the losses from that step on are nan and the state is empty.
    """
    losses = np.full(len(batches), np.nan)
    try:
        for place, batch in enumerate(batches):
            if place in rates:
                model.optimizer_state["rate"] = np.array(rates[place])
            losses[place] = float(model.step(*batch)["loss"])
    except (Refused, Undefined):
        return losses, {}
    return losses, {**model.get_weights(), **model.get_optimizer_state()}
