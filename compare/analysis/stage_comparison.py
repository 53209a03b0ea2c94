"""Compares two traces at a recorded step, stage by stage.

A stage is evaluated only where every stage that it depends on matches, or has equal numbers: the forward pass depends
on the data and the initialization, the loss on the forward pass, the gradient on the loss, the update on the gradient,
the metric on the forward pass, the evaluation on the data and the initialization, and the outcome on nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

import numpy as np

from compare.analysis.behaviours import NO_EVIDENCE
from compare.analysis.float32 import TINY, UNIT
from compare.analysis.noise import FACTOR
from compare.analysis.stages import BLIND, DEPENDS_ON, TENSORS, StageResult
from compare.analysis.tensor_comparison import compare_evaluation, compare_tensors, worst
from compare.execution.facts import spec_of
from frameworks.runtime.trace import Outcome, Trace


def compare_stages(left: Trace, right: Trace, noises: Mapping[str, float] | None, step: int = 0) -> list[StageResult]:
    """Compare two traces at a probed step, stage by stage, in the order of `DEPENDS_ON`.

    `noises` is the noise of each array of the probe, or None where it could not be measured.
    """
    results: dict[str, StageResult] = {}
    for name, dependencies in DEPENDS_ON.items():
        if not all(_allows(results[stage]) for stage in dependencies):
            results[name] = StageResult(name, None)
        elif name in TENSORS:
            probes = left.below(f"probe/{step}"), right.below(f"probe/{step}")
            results[name] = compare_evaluation(*probes, noises, results) if name == "evaluation" else \
                compare_tensors(name, *probes, noises)
        else:
            results[name] = _compare_facts(name, left, right)
    return [replace(stage, step=step) if stage.name in TENSORS else stage for stage in results.values()]


def _allows(stage: StageResult) -> bool:
    """Whether a stage that depends on this one is compared: it matches, or all its numbers are equal bit for bit.

    Equal numbers that rounding could explain entirely are not said to match, but nothing follows from them either.
    """
    return stage.differs is False or stage.differs is None and stage.reason == BLIND and stage.size == 0


def _compare_facts(name: str, left: Trace, right: Trace) -> StageResult:
    """Compare the data, the initialization or the outcome.

    With native initialization, data and initialization are not compared where their hashes match.
    """
    def value(trace: Trace) -> str:
        if name == "outcome":
            return _outcome(trace)
        return str(trace.facts["hashes"]["initialization"])

    if name == "outcome" and {trace.outcome["kind"] for trace in (left, right)} & set(NO_EVIDENCE):
        return StageResult(name, None)
    values = _data_facts(left, right) if name == "data" else (value(left), value(right))
    if name != "outcome" and "native" not in (left.facts["init"], right.facts["init"]) and values[0] == values[1]:
        return _compare_batches(left, right) if name == "data" else _compare_initial_weights(left, right)
    if values[0] == values[1] and name != "outcome" and "native" in (left.facts["init"], right.facts["init"]):
        return StageResult(name, None)
    return StageResult(name, values[0] != values[1], name, (), values)


def _data_facts(left: Trace, right: Trace) -> tuple[str, str]:
    """What differs between the data, the order or the number of steps of two trainings; empty where nothing does."""
    left_facts, right_facts = ([*(f"{kind} {trace.facts['hashes'][kind][:8]}" for kind in ("data", "order")),
                                f"{trace.facts['steps_per_epoch']} steps per epoch"] for trace in (left, right))
    different = [pair for pair in zip(left_facts, right_facts) if pair[0] != pair[1]]
    return ", ".join(left_text for left_text, _ in different), ", ".join(right_text for _, right_text in different)


def _outcome(trace: Trace) -> str:
    """How a training ended.

    A training that stops where `training.stop_below` requires it has finished; one that continues there has not.
    """
    kind, stop_below = str(trace.outcome["kind"]), spec_of(trace).training.stop_below
    if _stops_early(trace):
        restored = f", with the weights of epoch {trace['restored']}" if "restored" in trace else ""
        epochs = len(trace.arrays.get("reported/train/loss", ()))
        return f"{kind} after {epochs} epoch{'s' * (epochs != 1)}{restored}"
    reached = np.flatnonzero(trace.arrays.get("reported/train/loss", np.zeros(0)) < stop_below)
    last = len(trace.arrays.get("reported/train/loss", ())) - 1
    if kind == Outcome.FINISHED and reached.size and reached[0] < last:
        return "went on although its loss was below training.stop_below"
    return Outcome.FINISHED if kind == Outcome.STOPPED and reached.size and reached[0] == last else kind


def _stops_early(trace: Trace) -> bool:
    """Whether the spec uses early stopping, so that the number of epochs is not fixed."""
    return spec_of(trace).training.early_stopping != "none"


def _compare_batches(left: Trace, right: Trace) -> StageResult:
    """The data stage: the labels and images of every step, in their order, and the number of steps."""
    results = [_compare_checksums(kind, *(trace.arrays.get(f"batch_checksum/{kind}", np.zeros(0))
                                          for trace in (left, right))) for kind in ("labels", "images")]
    different = [stage for stage in results if stage.differs]
    if different:
        return min(different, key=lambda stage: stage.step)
    steps = [len(trace.arrays.get("batch_checksum/labels", ())) for trace in (left, right)]
    complete = all(trace.outcome["kind"] in (Outcome.FINISHED, Outcome.NAN) and not _stops_early(trace)
                   for trace in (left, right))
    if steps[0] != steps[1] and complete:
        return StageResult("data", True, "steps", (), (steps[0], steps[1]), np.inf)
    return results[0]


def _compare_checksums(kind: str, left: np.ndarray, right: np.ndarray) -> StageResult:
    """Compare the batch checksums of all steps that both sides have; the first step that differs."""
    steps = min(len(left), len(right))
    left, right = left[:steps], right[:steps]
    # The outputs of a constant prefix have no checksum; that of images near the largest float32 number overflows.
    known = np.isfinite(left) & np.isfinite(right)
    largest = max((float(np.abs(side[known]).max()) for side in (left, right) if known.any()), default=1.0)
    stage = worst("data", kind, np.where(known, left, 0.0), np.where(known, right, 0.0), {kind: UNIT * largest})
    if not stage.differs:
        return stage
    first = int(np.flatnonzero(known & (np.abs(left - right) > FACTOR * stage.noise))[0])
    return replace(stage, step=first, index=(first,), values=(float(left[first]), float(right[first])),
                   size=abs(float(left[first] - right[first])))


def _compare_initial_weights(left: Trace, right: Trace) -> StageResult:
    """The initialization stage: the weights that the two models actually begin with."""
    sides = [trace.below("state/0/weight") for trace in (left, right)]
    shared = sorted(sides[0].keys() & sides[1].keys())
    noises = {name: max(TINY, *(UNIT * float(np.abs(side[name]).max()) / FACTOR for side in sides)) for name in shared}
    results = [worst("initialization", name, sides[0][name], sides[1][name], noises) for name in shared]
    return max(results, key=lambda stage: (stage.differs is True, stage.size),
               default=StageResult("initialization", False, "initialization"))
