"""What `fit` did between its own recorded states, walked again by the reference from each state to the next.

Single steps are looked at one by one, outside of `fit`; what only `fit` does, such as another rate in its second epoch,
shows in the loss of every step and in where the weights have got to. What rounding alone could explain is measured by
walking in other ways; where that is more than a small share, as on raw pixels, a step counts as not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterator, Mapping

import numpy as np

from compare.analysis.noise import FACTOR, TINY, UNIT, corrected, floor_of_loss
from compare.analysis.stages import StageResult, worst
from compare.analysis.steps import Steps
from compare.execution.trials import FIRST_STEPS
from frameworks.reference.model import Model
from frameworks.reference.schedules import on_plateau, rates_by_epoch
from frameworks.runtime.accumulation import PART
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.layers import is_random
from frameworks.runtime.trace import Trace
from scenarios.spec import Conv2D, Dense, Spec, shapes
from scenarios.spec.fields import to_json

Arrays = Mapping[str, np.ndarray]
LOSS = "step/loss"
NUDGES, MORE = 2, 16
"""How often a segment is walked from weights that are moved by `FACTOR` units in their last place, up or down: always,
and before a difference is said, since a rare jump, as at a kink, may need many to be met."""
MOST = 0.1
"""Of the way that a weight has gone: where rounding could explain more, weights are not compared."""
SHARE = 0.01
"""Of a step's loss: where rounding could explain more, the step counts as not compared."""
MULTIPLICATIONS = 2e10
"""Of the forward passes of one walk: of a training that needs more, only some segments are walked."""


@dataclass(frozen=True)
class Coverage:
    """How much of one framework's training and evaluation was compared with the reference, resolved as it is."""

    variant: str
    framework: str
    compared: int
    steps: int
    size: float | None = None
    """The smallest difference, relative to a step's loss, that would have been seen in each of the compared steps."""
    reason: str = ""
    """Why the other steps were not compared; nothing where all were."""
    states: int = 0
    """Recorded states of the training at which outputs, loss and accuracy of an evaluation were compared."""
    samples: int = 0
    """Test samples at each of them."""
    last: int = 0
    """Test samples over which the loss at the last weights was compared with that of the framework's own outputs."""


@dataclass(frozen=True)
class Walk:
    """What was found along a training."""

    stages: tuple[StageResult, ...]
    """Unexplained differences of the first segment that has any."""
    until: bool
    """Whether every step of the segments before that one was compared."""
    complete: bool
    """Whether every step before the first difference was compared."""
    compared: int
    size: float | None
    reason: str


@dataclass(frozen=True)
class _Segment:
    """The losses of one segment, and its comparisons of weights and optimizer state."""

    own: np.ndarray
    tolerance: np.ndarray
    ends: tuple[StageResult, ...]


def walk(spec: Spec, trace: Trace, steps: Steps) -> Walk:
    """All of a training, as the reference resolved as its framework takes it from each state to the next."""
    losses = np.asarray(trace.arrays.get(LOSS, np.zeros(0)), float)
    if steps.partly:
        return Walk((), False, False, 0, None, "a full batch of this size takes too long")
    found, chosen = list(segments(trace)), 0
    cost = multiplications(spec) * sum(last - first for first, last in found) * trace.facts["batch"]
    stride = max(1, int(np.ceil(cost / MULTIPLICATIONS)))
    plain, sizes, until, complete, compared = to_json(spec), [0.0], True, True, 0
    stages: list[StageResult] = []
    for number, (first, last) in enumerate(found):
        if number % stride and last < len(losses):
            complete = complete and bool(stages)
            continue
        chosen += last - first
        one = _segment(plain, trace, steps, first, last, NUDGES)
        if not stages and _differences(one, losses[first:last], first):
            one = _segment(plain, trace, steps, first, last, MORE)
        judged = _comparable(one)
        differing = [] if stages else _differences(one, losses[first:last], first)
        until = complete if differing else until
        if differing and complete:
            before = differing[0].step - first if differing[0].tensor == LOSS else 0
            complete = differing[0].tensor == LOSS and bool(judged[:before].all())
        stages += differing
        if not stages:
            complete = complete and bool(judged.all())
        compared += int(judged.sum())
        sizes += list(one.tolerance[judged] / np.abs(one.own[judged]))
    reason = "" if compared == len(losses) else "the rest would take too long" if chosen < len(losses) else \
        f"rounding alone can move their losses by more than {SHARE:.0%}"
    return Walk(tuple(stages), until, complete, compared, float(max(sizes)) if compared else None, reason)


def segments(trace: Trace) -> Iterator[tuple[int, int]]:
    """(first step, step after the last) from each state that `fit` has left, or began with, to the next or the end."""
    end = len(trace.arrays.get(LOSS, ()))
    places = sorted({0, end} | {step for step in trace.kept_steps() if FIRST_STEPS <= step < end})
    yield from zip(places, places[1:])


def multiplications(spec: Spec) -> float:
    """Of one sample's forward pass."""
    return float(sum(np.prod(made) * (layer.kernel_size ** 2 * before[-1] if isinstance(layer, Conv2D) else before[0])
                     for layer, before, made in zip(spec.layers, shapes(spec), shapes(spec)[1:])
                     if isinstance(layer, (Conv2D, Dense))))


def _comparable(one: _Segment) -> np.ndarray:
    return np.isfinite(one.own) & (one.tolerance <= SHARE * np.abs(one.own))


@np.errstate(invalid="ignore")
def _differences(one: _Segment, losses: np.ndarray, first: int) -> list[StageResult]:
    """The first step whose loss rounding does not explain; without one, the weights that it does not."""
    apart = np.abs(losses - one.own)
    places = np.flatnonzero(_comparable(one) & ~(apart <= one.tolerance))
    if places.size:
        place = int(places[0])
        size = float(np.nan_to_num(apart[place], nan=np.inf))
        name = "update" if np.isfinite(losses[place]) else "outcome"
        return [StageResult(name, True, LOSS, (), (float(losses[place]), float(one.own[place])), size,
                     float(one.tolerance[place]) / FACTOR, first + place)]
    differing = [stage for stage in one.ends if stage.differs]
    return [max(differing, key=lambda stage: stage.size / stage.noise)] if differing else []


@np.errstate(all="ignore")
def _segment(plain: dict[str, Any], trace: Trace, steps: Steps, first: int, last: int, nudges: int) -> _Segment:
    """One segment, walked once to be compared and several times more to measure what rounding can do."""
    weights = {**steps.weights, **trace.below(f"state/{first}/weight")}
    optimizer_state = trace.below(f"state/{first}/optimizer_state") if first else {}
    batches, per_epoch = [steps.batch(step) for step in range(first, last)], trace.facts["steps_per_epoch"]
    rates = _rates(plain, trace, first, last)

    def walked(told: dict[str, Any], dtype: str, begin: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return _walked(told, dtype, begin, optimizer_state, batches, per_epoch, rates)

    own, reached = walked(plain, "float32", weights)
    told = {**plain, "optimizer": corrected(plain["optimizer"], int(optimizer_state.get("step", 0)) + 1)}
    rng = np.random.default_rng(first)
    ways = [walked(plain, "float64", weights)] + ([walked(told, "float32", weights)] if told != plain else [])
    ways += [walked(plain, "float32", _nudged(plain, weights, rng)) for _ in range(nudges)]
    noise = np.max([np.nan_to_num(np.abs(own - losses), nan=np.inf) for losses, _ in ways], axis=0)
    floor = max(floor_of_loss(plain, end, batches[place][0]) for end, place in
                ((weights, 0), ({**weights, **{k: v for k, v in reached.items() if k in weights}}, -1)))
    tolerance = FACTOR * np.maximum(floor, np.maximum.accumulate(noise))
    return _Segment(own, tolerance,
                    tuple(_ends(trace, last, weights, optimizer_state, reached, [end for _, end in ways])))


def _ends(trace: Trace, last: int, weights: Arrays, optimizer_state: Arrays, own: Arrays,
          ways: list[dict[str, np.ndarray]],
          ) -> Iterator[StageResult]:
    """A comparison of each weight and optimizer state at the end of a segment; none where rounding could explain much.

    Of the way that a weight has gone, that is, and of the size of an optimizer state.
    """
    for name, kind in [(name, "weight") for name in trace.below(f"state/{last}/weight")] + [
            (name, "optimizer_state") for name in trace.below(f"state/{last}/optimizer_state") if "/" in name
            and not name.startswith(PART)]:
        if name not in own or any(name not in end for end in ways):
            continue
        noise = max(TINY, UNIT * float(np.abs(own[name]).max()),
                    *(float(np.nan_to_num(np.abs(own[name] - end[name]), nan=np.inf).max()) for end in ways))
        way = own[name] - weights[name] if kind == "weight" else own[name]
        if FACTOR * noise < MOST * np.abs(way).max():
            found = trace[f"state/{last}/{kind}/{name}"]
            yield replace(worst("update", f"{kind}/{name}", found, own[name].astype(np.float32),
                                {f"{kind}/{name}": noise}), step=last - 1)


def _nudged(plain: dict[str, Any], weights: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Weights whose last places are others; the masks of a dropout, and its count of steps, stay what they are."""
    return {name: value if is_random(plain["layers"][int(name.partition(".")[0])]) else
            (value * (1 + FACTOR * UNIT * rng.choice((-1, 1), value.shape))).astype(np.float32)
            for name, value in weights.items()}


def _rates(plain: dict[str, Any], trace: Trace, first: int, last: int) -> dict[int, float]:
    """By step of the segment, the rate that begins there, where rates follow what epochs report."""
    rate, steps = plain["optimizer"]["learning_rate"], trace.facts["steps_per_epoch"]
    if not on_plateau(rate):
        return {}
    rates = rates_by_epoch(rate, trace.below("reported"))
    return {step - first: rates[step // steps] for step in range(first, last) if step == first or step % steps == 0}


def _walked(plain: dict[str, Any], dtype: str, weights: Arrays, optimizer_state: Arrays,
            batches: list[tuple[np.ndarray, np.ndarray]], per_epoch: int,
            rates: Mapping[int, float]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(the loss of every step, weights and optimizer state after the last); nan, and none, from a refused step on."""
    job = {"settings": {"dtype": dtype}, "seed": 0, "init": "shared", "steps_per_epoch": per_epoch}
    model = Model(plain, (0, len(plain["layers"])), batches[0][0].shape[1:], job)
    model.set_weights(weights)
    model.set_optimizer_state(optimizer_state)
    losses = np.full(len(batches), np.nan)
    try:
        for place, (x, y) in enumerate(batches):
            if place in rates:
                model.optimizer_state["rate"] = np.array(rates[place])
            losses[place] = float(model.step(x, y)["loss"])
    except (Refused, Undefined):
        return losses, {}
    return losses, {**model.get_weights(), **model.get_optimizer_state()}
