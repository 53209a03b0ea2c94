"""Where what one side reports of a training differs from its own steps and its own weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, Mapping

import numpy as np

from compare.analysis.noise import FACTOR, UNIT
from compare.analysis.stages import StageResult, worst
from frameworks.reference.model import Model
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import to_json

EMPTY = np.zeros(0)
Noises = Mapping[int, Mapping[str, float]]
"""By step, then array of a probe."""


def reported(trace: Trace, rule: str, noises: Noises, chained: int = 0) -> list[StageResult]:
    """The gates that a side opens against itself, the first of each kind; `rule` is how it counts accuracy.

    `data`: the loss of a training step, beside that of the batch that it was given, at the same weights. `metric`: the
    accuracy of a step beside that of its own outputs; the loss of an epoch beside the mean of its steps. `evaluation`:
    the test loss and accuracy beside those of the frozen weights, and of their predictions. An accuracy is also seen
    beside the nearest that so many samples can have.
    """
    found: dict[str, StageResult] = {}
    for stage in (*_steps(trace, rule, noises, chained), *_epochs(trace), *_tests(trace, rule), *_whole(trace, rule)):
        if stage.differs:
            found.setdefault(stage.name, stage)
    return list(found.values())


def last_test(spec: Spec, trace: Trace, y: np.ndarray) -> list[StageResult]:
    """The evaluation that is open where the loss over the whole test set, at the last weights, is not that of its own
    outputs; `y` are the labels, `spec` a closed one. Empty where there is no such evaluation, or no number.
    """
    if "last/outputs" not in trace or not trace["evaluated/test/loss"].size:
        return []
    plain, logits, outputs = to_json(spec), trace["last/logits"], trace["last/outputs"]
    tensor, n = "evaluated/test/loss", len(y)
    towards = np.float32(np.inf)
    try:
        own, rounded, *nudged = (_loss(plain, trace.facts["batch"], y, *each) for each in (
            (logits.astype(float), outputs.astype(float)), (logits, outputs),
            (np.nextafter(logits, towards), np.nextafter(outputs, np.float32(0))),
            (np.nextafter(logits, -towards), np.nextafter(outputs, np.float32(0)))))
    except (Refused, Undefined):
        return []
    with np.errstate(invalid="ignore"):
        moved = [abs(each - rounded) for each in nudged] + [abs(rounded - own), UNIT * float(np.sqrt(n)) * abs(own)]
    noise = float(np.nan_to_num(moved, nan=np.inf, posinf=np.inf).max())
    stage = worst("evaluation", tensor, trace[tensor][-1:], np.array([own]), {tensor: noise})
    return [replace(stage, step=int(trace["epoch"][-1]) * trace.facts["steps_per_epoch"] - 1)] if stage.differs else []


@np.errstate(all="ignore")
def _loss(plain: dict[str, Any], batch: int, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray) -> float:
    """The loss of an evaluation from what a model has made of its samples, in the dtype of that."""
    job = {"settings": {"dtype": str(logits.dtype)}, "seed": 0, "init": "shared"}
    model = Model(plain, (len(plain["layers"]) - 1, None), logits.shape[1:], job)
    model.portion = batch
    return model.measured_loss(y.astype(logits.dtype), logits, outputs)


def _steps(trace: Trace, rule: str, noises: Noises, chained: int) -> Iterator[StageResult]:
    """A chained state is one that the step before has left, and not the training: there the two differ in an update."""
    for step in (step for step in trace.probed_steps() if step in noises):
        probe, taken = trace.below(f"probe/{step}"), trace["step/loss"][step:step + 1]
        if taken.size:
            name = "update" if 0 < step < chained else "data"
            yield replace(worst(name, "loss", taken, probe["loss"].reshape(1), noises[step]), step=step)
        yield replace(worst("metric", "accuracy", probe["accuracy"], probe[f"accuracy_by_rule/{rule}"],
                            noises[step]), step=step)


def _epochs(trace: Trace) -> Iterator[StageResult]:
    """The mean of an epoch's steps, each weighed by its samples; Keras and Lightning both weigh so."""
    steps, batch, n = (trace.facts[name] for name in ("steps_per_epoch", "batch", "samples"))
    sizes = [min(batch, n - place * batch) for place in range(steps)]
    for epoch, told in enumerate(trace.arrays.get("reported/train/loss", ())):
        losses = trace["step/loss"][epoch * steps:(epoch + 1) * steps].astype(float)
        if len(losses) == steps:
            mean = np.average(losses, weights=sizes)
            yield replace(_mean("metric", "train/loss", told, mean, steps), step=epoch * steps)


def _tests(trace: Trace, rule: str) -> Iterator[StageResult]:
    told, frozen = trace.below("reported"), trace.below("evaluated")
    if "test/loss" not in frozen:
        return
    n, ends = trace["correct/test"].size, trace["epoch"] - 1
    ties = {"test/accuracy": 2 / n / FACTOR}  # two samples whose outputs tie can be counted either way
    known = np.isfinite(frozen["test/accuracy"])
    yield worst("evaluation", "test/accuracy", frozen["test/accuracy"][known],
                trace[f"accuracy_by_rule/test/{rule}"][known], ties)
    if "test/loss" not in told:
        return
    for epoch, place in enumerate(ends):
        yield _mean("evaluation", "test/loss", told["test/loss"][place], frozen["test/loss"][epoch], n)
        for counted in (frozen["test/accuracy"], trace[f"accuracy_by_rule/test/{rule}"]):
            yield worst("evaluation", "test/accuracy", told["test/accuracy"][place:place + 1], counted[epoch:epoch + 1],
                        ties)


def _whole(trace: Trace, rule: str) -> Iterator[StageResult]:
    """An accuracy of n outputs is a whole number of them: one that leaves some out is no such number, or rarely so."""
    outputs = 1 if rule.startswith("argmax") else [
        layer["units"] for layer in trace.facts["spec"]["layers"] if layer["is"] == "Dense"][-1]
    for name, part, n in (("metric", "train", trace.facts["samples"] * outputs),
                          ("evaluation", "test", trace.arrays.get("correct/test", EMPTY).size)):
        told = trace.arrays.get(f"reported/{part}/accuracy", EMPTY)
        if n and np.isfinite(told).any():
            told = told[np.isfinite(told)]
            yield worst(name, f"{part}/accuracy", told, np.round(told * n) / n, {f"{part}/accuracy": UNIT})


def _mean(name: str, tensor: str, told: float, own: float, n: int) -> StageResult:
    """A gate between two means of n numbers, which rounding moves by about the root of n units.

    Not compared where their sum is too large for float32.
    """
    too_large = np.isfinite(own) and abs(own) * n >= np.finfo(np.float32).max
    rounding = np.inf if too_large else UNIT * float(np.sqrt(n)) * max(abs(own), UNIT) if np.isfinite(own) else UNIT
    return worst(name, tensor, np.array([told]), np.array([own]), {tensor: rounding})
