"""What `fit` did between two of its own recorded states, taken again by the reference.

Single steps are looked at one by one, outside of `fit`; what only `fit` does, such as another rate in its second epoch,
shows in where it has got to. A segment is short, and where rounding alone would part it, it is not judged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Iterator, Mapping

import numpy as np

from compare.gates import Gate, opened, worst
from compare.noise import FACTOR, UNIT, corrected
from compare.trials import FIRST_STEPS
from frameworks.reference.model import Model
from frameworks.refusals import Refused, Undefined
from frameworks.trace import Trace
from frameworks.trial import chunk
from scenarios.fields import to_json
from scenarios.spec import Spec

if TYPE_CHECKING:
    from compare.parting import Steps

Arrays = Mapping[str, np.ndarray]
NUDGES = 3
"""How often a segment is walked from weights that are moved by `FACTOR` units in their last place, up or down."""
MOST = 0.1
"""Of the way that a weight has gone: where rounding could explain more, as on raw pixels, a segment is not judged."""


def retaken(spec: Spec, trace: Trace, steps: Steps) -> list[Gate]:
    """The update gate of the first segment after which a side's weights are not where its fill takes them."""
    for first, last in () if steps.partly else segments(trace):
        found = opened(list(_judged(to_json(spec), trace, steps, first, last)))
        if found:
            return [max(found, key=lambda gate: gate.size / gate.noise)]
    return []


def segments(trace: Trace) -> Iterator[tuple[int, int]]:
    """(first step, step after the last) between recorded states that are near each other, one of them left by `fit`."""
    recorded = sorted({int(name.split("/")[1]) for name in trace.arrays if name.startswith("state/")})
    for first in trace.probed_steps():
        last = next((step for step in recorded if step > first), first)
        if FIRST_STEPS <= last <= first + chunk(trace.facts["steps_per_epoch"]) and last > first:
            yield first, last


@np.errstate(all="ignore")
def _judged(plain: dict[str, Any], trace: Trace, steps: Steps, first: int, last: int) -> Iterator[Gate]:
    """A gate for each weight; none where the reference gives no value."""
    weights = {**steps.weights, **trace.below(f"state/{first}/weight")}
    slots = trace.below(f"state/{first}/slot")
    rng = np.random.default_rng(first)
    nudged = [{name: value * (1 + FACTOR * UNIT * rng.choice((-1, 1), value.shape)).astype(np.float32)
               for name, value in weights.items()} for _ in range(NUDGES)]
    per_epoch = trace.facts["steps_per_epoch"]
    other = {**plain, "optimizer": corrected(plain["optimizer"], int(slots.get("step", 0)) + 1)}
    batches = [steps.batch(step) for step in range(first, last)]
    ways = (*((other, "float32", one) for one in nudged), (plain, "float64", weights))
    try:
        own = _walked(plain, "float32", weights, slots, batches, per_epoch)
        noises = {name: UNIT * float(np.abs(own[name]).max()) for name in trace.below(f"state/{last}/weight")}
        for way in ways:
            reached = _walked(*way, slots, batches, per_epoch)
            noises = {name: max(noise, float(np.abs(own[name] - reached[name]).max()))
                      for name, noise in noises.items()}
            noises = {name: noise for name, noise in noises.items()
                      if FACTOR * noise < MOST * np.abs(own[name] - weights[name]).max()}
            if not noises:
                return
    except (Refused, Undefined):
        return
    for name, noise in noises.items():
        gate = worst("update", f"weight/{name}", trace[f"state/{last}/weight/{name}"], own[name].astype(np.float32),
                     {f"weight/{name}": noise})
        yield replace(gate, step=last - 1)


def _walked(plain: dict[str, Any], dtype: str, weights: Arrays, slots: Arrays,
            batches: list[tuple[np.ndarray, np.ndarray]], per_epoch: int) -> Arrays:
    """The weights after the steps of all batches."""
    job = {"settings": {"dtype": dtype}, "seed": 0, "start": "shared", "steps_per_epoch": per_epoch}
    model = Model(plain, (0, len(plain["layers"])), batches[0][0].shape[1:], job)
    model.set_weights(weights)
    model.set_slots(slots)
    for x, y in batches:
        model.step(x, y)
    return model.get_weights()
