"""Where what one side reports of a training differs from its own steps and its own weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping

import numpy as np

from compare.gates import Gate, worst
from compare.noise import FACTOR, UNIT
from frameworks.trace import Trace

EMPTY = np.zeros(0)
Noises = Mapping[int, Mapping[str, float]]
"""By step, then array of a probe."""


def reported(trace: Trace, rule: str, noises: Noises, chained: int = 0) -> list[Gate]:
    """The gates that a side opens against itself, the first of each kind; `rule` is how it counts accuracy.

    `data`: the loss of a training step, beside that of the batch that it was given, at the same weights. `metric`: the
    accuracy of a step beside that of its own outputs; the loss of an epoch beside the mean of its steps. `evaluation`:
    the test loss and accuracy beside those of the frozen weights, and of their predictions. An accuracy is also seen
    beside the nearest that so many samples can have.
    """
    found: dict[str, Gate] = {}
    for gate in (*_steps(trace, rule, noises, chained), *_epochs(trace), *_tests(trace, rule), *_whole(trace, rule)):
        if gate.open:
            found.setdefault(gate.name, gate)
    return list(found.values())


def _steps(trace: Trace, rule: str, noises: Noises, chained: int) -> Iterator[Gate]:
    """A chained state is one that the step before has left, and not the training: there the two differ in an update."""
    for step in (step for step in trace.probed_steps() if step in noises):
        probe, taken = trace.below(f"probe/{step}"), trace["step/loss"][step:step + 1]
        if taken.size:
            name = "update" if 0 < step < chained else "data"
            yield replace(worst(name, "loss", taken, probe["loss"].reshape(1), noises[step]), step=step)
        yield replace(worst("metric", "accuracy", probe["accuracy"], probe[f"counted/{rule}"], noises[step]), step=step)


def _epochs(trace: Trace) -> Iterator[Gate]:
    """The mean of an epoch's steps, each weighed by its samples; Keras and Lightning both weigh so."""
    steps, batch, n = (trace.facts[name] for name in ("steps_per_epoch", "batch", "samples"))
    sizes = [min(batch, n - place * batch) for place in range(steps)]
    for epoch, told in enumerate(trace.arrays.get("reported/train/loss", ())):
        losses = trace["step/loss"][epoch * steps:(epoch + 1) * steps].astype(float)
        if len(losses) == steps:
            mean = np.average(losses, weights=sizes)
            yield replace(_mean("metric", "train/loss", told, mean, steps), step=epoch * steps)


def _tests(trace: Trace, rule: str) -> Iterator[Gate]:
    told, frozen = trace.below("reported"), trace.below("frozen")
    if "test/loss" not in told or "test/loss" not in frozen:
        return
    n, ends = trace["right/test"].size, trace["epoch"] - 1
    ties = {"test/accuracy": 2 / n / FACTOR}  # two samples whose outputs tie can be counted either way
    for epoch, place in enumerate(ends):
        yield _mean("evaluation", "test/loss", told["test/loss"][place], frozen["test/loss"][epoch], n)
        for counted in (frozen["test/accuracy"], trace[f"rule/test/{rule}"]):
            yield worst("evaluation", "test/accuracy", told["test/accuracy"][place:place + 1], counted[epoch:epoch + 1],
                        ties)


def _whole(trace: Trace, rule: str) -> Iterator[Gate]:
    """An accuracy of n outputs is a whole number of them: one that leaves some out is no such number, or rarely so."""
    outputs = 1 if rule.startswith("argmax") else [
        layer["units"] for layer in trace.facts["spec"]["layers"] if layer["is"] == "Dense"][-1]
    for name, part, n in (("metric", "train", trace.facts["samples"] * outputs),
                          ("evaluation", "test", trace.arrays.get("right/test", EMPTY).size)):
        told = trace.arrays.get(f"reported/{part}/accuracy", EMPTY)
        if n and np.isfinite(told).any():
            told = told[np.isfinite(told)]
            yield worst(name, f"{part}/accuracy", told, np.round(told * n) / n, {f"{part}/accuracy": UNIT})


def _mean(name: str, tensor: str, told: float, own: float, n: int) -> Gate:
    """A gate between two means of n numbers, which rounding moves by about the root of n units."""
    rounding = UNIT * float(np.sqrt(n)) * max(abs(own), UNIT) if np.isfinite(own) else UNIT
    return worst(name, tensor, np.array([told]), np.array([own]), {tensor: rounding})
