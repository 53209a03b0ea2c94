"""Writes everything that TensorBoard shows of a finished run."""

from __future__ import annotations

from math import nan

from compare.analysis.result import Result
from compare.execution.output_folder import TENSORBOARD
from compare.reporting.tensorboard import (
    custom_scalars,
    events,
    histograms,
    hparams,
    images,
    resolved,
    run_names,
    scalars,
    tables,
)
from compare.reporting.tensorboard.events import Point
from frameworks.runtime.trace import Trace

REFERENCE_NAME = "reference"
MOST = {run_names.REPORTED: events.MOST, run_names.CONTROLS: 1_000, run_names.SEEDS: 1_000}
"""The maximum number of points per curve, by view."""


def write(result: Result, answer: str) -> None:
    """Writes the event files of all runs; `answer` is the answer as Markdown."""
    home, dataset = result.folder / TENSORBOARD, result.dataset
    specs = resolved.specs(result)
    views = hparams.views(result, specs)
    sessions = hparams.of_sessions(result, views)
    far = scalars.spans_decades(trace.arrays["reported/train/loss"] for traces in result.traces.values()
                                for (name, _), trace in traces.items() if "reported/train/loss" in trace and
                                result.scenario.variant(name).role == "reported")
    for framework, traces in result.traces.items():
        for (name, seed), trace in traces.items():
            variant = result.scenario.variant(name)
            most = MOST[run_names.view(variant, seed)]
            points = scalars.of_trace(trace, specs.get((framework, name)), most) + histograms.of_trace(trace)
            points += sessions.get((framework, name, seed), []) + _comparisons(result, framework, name, seed, most)
            points += scalars.of_logarithms(trace.arrays, most) if far else []
            if run_names.view(variant, seed) == run_names.REPORTED:  # an image costs as much time as 1,000 points
                points += images.of_trace(trace, variant.spec, dataset)
            events.write(run_names.training(home, dataset, variant, framework, seed), points)
    for variant in result.scenario.variants:
        if variant.reported and result.mnist and any(name == variant.name for traces in result.traces.values()
                                                     for name, _ in traces):
            points = scalars.of_question(variant.reported)
            if far:
                points += scalars.of_logarithms({name: [nan if value is None else value for value in values]
                                                 for name, values in variant.reported.items()})
            events.write(run_names.of_question(home, dataset, variant), points)
    answer_run = run_names.answer(home, dataset)
    for name, points in custom_scalars.curves(result).items():
        events.write(answer_run / name, points)
    events.write(answer_run, events.text("answer", answer) + events.text("differences", tables.differences(result)) +
                 custom_scalars.layout(result) + images.points(result, specs))
    for view, rows in views.items():
        events.write(run_names.answer(home, dataset, view), hparams.experiment(result, rows))


def _comparisons(result: Result, framework: str, name: str, seed: int, most: int) -> list[Point]:
    """The curves that compare a training with others: loss offsets from the NumPy reference, statistics over seeds."""
    traces = result.traces[framework]
    reference = result.traces.get(REFERENCE_NAME, {}).get((name, seed))
    points: list[Point] = []
    if reference is not None and framework != REFERENCE_NAME and result.init == "shared" and \
            _steps_per_epoch(traces[name, seed]) == _steps_per_epoch(reference):
        points += scalars.between_trainings(traces[name, seed], reference, most)
    if seed == 0:
        points += [point for loss_offset in result.loss_offsets
                   if (loss_offset.variant, loss_offset.framework) == (name, framework)
                   for point in scalars.of_loss_offset(loss_offset)]
        points += scalars.of_seeds(traces, name)
    return points


def _steps_per_epoch(trace: Trace) -> object:
    """The number of steps per epoch; None for a training that ended with a worker error."""
    return trace.facts.get("steps_per_epoch")
