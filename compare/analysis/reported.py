"""Where the losses and accuracies that a framework reports differ from those of its own steps and weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping

import numpy as np

from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.stages import StageResult
from compare.analysis.tensor_comparison import worst
from compare.execution.facts import spec_of
from frameworks import in_process
from frameworks.parts.metrics import METRICS, metric_part
from frameworks.parts.regularizers import all_of
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.losses import in_accuracy, kept_activation, of_epoch, weighting
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec, width
from scenarios.spec.fields import encoded, to_json

EMPTY = np.zeros(0)
Noises = Mapping[int, Mapping[str, float]]
"""The noise by step and array of a probe."""


def reported(spec: Spec, trace: Trace, noises: Noises, chained: int = 0) -> list[StageResult]:
    """Compare what a framework reports with its own steps and weights; return the first difference of each stage.

    `spec` is resolved for the framework. Steps below `chained` are probed from the state that the probe of the step
    before has left. The stages are:

    `data` (`update` for a chained step): the loss of a training step in `fit`, against that of the recorded batch at
    the same weights.
    `metric`: the accuracy of a step, against that of its own outputs; the loss of an epoch, against the losses of its
    steps.
    `evaluation`: the test loss, accuracy and metrics, against those evaluated at the same weights; the accuracy also
    against that of the predictions.

    An accuracy is also compared with the nearest multiple of 1/n that n samples can give. One with weights is compared
    with none of these: the accuracies by rule have no weights.
    """
    results: dict[str, StageResult] = {}
    rule = "" if in_accuracy(weighting(to_json(spec))) else str(spec.accuracy.rule)
    for stage in (*_steps(trace, rule, noises, chained), *_epochs(spec, trace), *_tests(trace, rule),
                  *_whole(trace, rule)):
        if stage.differs:
            results.setdefault(stage.name, stage)
    return list(results.values())


def last_test(spec: Spec, trace: Trace, y: np.ndarray) -> list[StageResult]:
    """Compare the loss over the whole test set, at the last weights, with the loss of the framework's own outputs.

    `spec` is resolved, `y` are the labels. Returns the evaluation stage where the two differ. Returns an empty list
    where they match, where there is no such evaluation, where the reference gives no loss, or where the loss contains
    regularizers, which the outputs do not tell.
    """
    if "last/outputs" not in trace or not trace["evaluated/test/loss"].size or regularized(spec):
        return []
    logits, outputs = trace["last/logits"], trace["last/outputs"]
    tensor, n = "evaluated/test/loss", len(y)
    towards = np.float32(np.inf)
    try:
        exact, rounded, *nudged = (_loss(spec, trace.facts["batch"], y, *sides) for sides in (
            (logits.astype(float), outputs.astype(float)), (logits, outputs),
            (np.nextafter(logits, towards), np.nextafter(outputs, np.float32(0))),
            (np.nextafter(logits, -towards), np.nextafter(outputs, np.float32(0)))))
    except (Refused, Undefined):
        return []
    with np.errstate(invalid="ignore"):
        moves = [abs(loss - rounded) for loss in nudged]
        moves += [abs(rounded - exact), UNIT * float(np.sqrt(n)) * abs(exact)]
    noise = float(np.nan_to_num(moves, nan=np.inf, posinf=np.inf).max())
    stage = worst("evaluation", tensor, trace[tensor][-1:], np.array([exact]), {tensor: noise})
    return [replace(stage, step=int(trace["epoch"][-1]) * trace.facts["steps_per_epoch"] - 1)] if stage.differs else []


def last_metrics(spec: Spec, trace: Trace, y: np.ndarray) -> list[StageResult]:
    """Compare each metric of the spec over the whole test set, at the last weights, with its definition.

    The definition is evaluated on the framework's own outputs, where they are finite. `y` are the labels. Returns the
    evaluation stage of each metric that differs.
    """
    if "last/outputs" not in trace or not trace["evaluated/test/loss"].size or \
            not np.isfinite(trace["last/outputs"]).all():
        return []
    step = int(trace["epoch"][-1]) * trace.facts["steps_per_epoch"] - 1
    results = []
    for metric in spec.metrics:
        kind = type(metric).__name__
        tensor = f"evaluated/test/{METRICS[kind]}"
        expected = metric_part(kind).value(encoded(metric), y.astype(float), trace["last/outputs"].astype(float))
        results.append(replace(_mean("evaluation", tensor, trace[tensor][-1], expected, len(y)), step=step))
    return [stage for stage in results if stage.differs]


def regularized(spec: Spec) -> bool:
    """Whether a reported loss contains regularizers."""
    return any(regularizer["reported"] for layer in spec.layers for regularizer in all_of(encoded(layer)))


@np.errstate(all="ignore")
def _loss(spec: Spec, batch: int, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray) -> float:
    """The loss of an evaluation, computed from the logits and outputs of its samples in their dtype."""
    config = to_json(spec)
    kept = kept_activation(config, False)
    if kept is not None:
        logits = np.log(outputs) - (np.log1p(-outputs) if config["layers"][kept]["function"] == "sigmoid" else 0)
    model = in_process.model(spec, logits.shape[1:], str(logits.dtype), first=len(spec.layers) - 1)
    model.portion = batch
    return float(model.measured_loss(y.astype(logits.dtype), logits, outputs))


def _steps(trace: Trace, rule: str, noises: Noises, chained: int) -> Iterator[StageResult]:
    """Compare the loss of each probed step with that in `fit`, and its accuracy with that of its own outputs.

    The state of a chained step comes from the probe of the step before, not from `fit`, so there a different loss means
    that the two made different updates.
    """
    for step in (step for step in trace.probed_steps() if step in noises):
        probe, loss_in_fit = trace.below(f"probe/{step}"), trace["step/loss"][step:step + 1]
        if loss_in_fit.size:
            name = "update" if 0 < step < chained else "data"
            yield replace(worst(name, "loss", loss_in_fit, probe["loss"].reshape(1), noises[step]), step=step)
        if rule:
            yield replace(worst("metric", "accuracy", probe["accuracy"], probe[f"accuracy_by_rule/{rule}"],
                                noises[step]), step=step)


def _epochs(spec: Spec, trace: Trace) -> Iterator[StageResult]:
    """Compare the loss of each epoch with that of its steps, as the field `Training.epoch_loss` defines it."""
    steps, batch, n = (trace.facts[name] for name in ("steps_per_epoch", "batch", "samples"))
    sizes = [min(batch, n - place * batch) for place in range(steps)]
    for epoch, loss in enumerate(trace.arrays.get("reported/train/loss", ())):
        losses = trace["step/loss"][epoch * steps:(epoch + 1) * steps].astype(float)
        if len(losses) == steps:
            expected = of_epoch(spec.training.epoch_loss, losses, sizes)
            yield replace(_mean("metric", "train/loss", loss, expected, steps), step=epoch * steps)
    for epoch, rate in enumerate(trace.arrays.get("reported/train/learning_rate", ())):
        step = epoch * steps if spec.training.printed_rate == "first_step" else (epoch + 1) * steps
        yield replace(_mean("metric", "train/learning_rate", rate, in_process.rate_of_step(spec, step, steps), 1),
                      step=epoch * steps)


def _tests(trace: Trace, rule: str) -> Iterator[StageResult]:
    """Compare reported with evaluated test losses, accuracies and metrics, and accuracies with the outputs."""
    in_reports, evaluated = trace.below("reported"), trace.below("evaluated")
    if "test/loss" not in evaluated:
        return
    n, ends = trace["correct/test"].size, trace["epoch"] - 1
    if "restored" in trace:
        ends = np.append(ends[:-1], trace["restored"] - 1)
    ties = {"test/accuracy": 2 / n / FACTOR}  # two samples with tied outputs can count as correct or as wrong
    by_rule = trace[f"accuracy_by_rule/test/{rule}"] if rule else evaluated["test/accuracy"]
    known = np.isfinite(evaluated["test/accuracy"]) & np.isfinite(evaluated["test/loss"])  # no order in nan
    yield worst("evaluation", "test/accuracy", evaluated["test/accuracy"][known], by_rule[known], ties)
    if "test/loss" not in in_reports:
        return
    means = [name for name in in_reports if name.startswith("test/") and name != "test/accuracy"]
    for epoch, place in enumerate(ends):
        for name in means:
            yield _mean("evaluation", name, in_reports[name][place], evaluated[name][epoch], n)
        for expected in (evaluated["test/accuracy"], *([by_rule] if known[epoch] else [])):
            yield worst("evaluation", "test/accuracy", in_reports["test/accuracy"][place:place + 1],
                        expected[epoch:epoch + 1], ties)


def _whole(trace: Trace, rule: str) -> Iterator[StageResult]:
    """Compare reported accuracies with the nearest multiple of 1/n, n being the number of outputs.

    An accuracy that leaves some outputs out is rarely such a multiple.
    """
    if not rule:
        return
    outputs = 1 if rule.startswith("argmax") else width(spec_of(trace))
    for name, part, n in (("metric", "train", trace.facts["samples"] * outputs),
                          ("evaluation", "test", trace.arrays.get("correct/test", EMPTY).size)):
        accuracies = trace.arrays.get(f"reported/{part}/accuracy", EMPTY)
        if n and np.isfinite(accuracies).any():
            accuracies = accuracies[np.isfinite(accuracies)]
            yield worst(name, f"{part}/accuracy", accuracies, np.round(accuracies * n) / n,
                        {f"{part}/accuracy": UNIT})


def _mean(name: str, tensor: str, actual: float, expected: float, n: int) -> StageResult:
    """Compare two means of n numbers, which rounding moves by about sqrt(n) float32 units.

    The result is None (not decided) where the sum is too large for float32.
    """
    too_large = np.isfinite(expected) and abs(expected) * n >= np.finfo(np.float32).max
    noise = np.inf if too_large else UNIT * float(np.sqrt(n)) * max(abs(expected), UNIT) \
        if np.isfinite(expected) else UNIT
    return worst(name, tensor, np.array([actual]), np.array([expected]), {tensor: noise})
