"""Everything that TensorBoard shows of a finished run."""

from __future__ import annotations

from compare.analysis.result import Result
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
MOST = {run_names.REPORTED: events.MOST, run_names.CONTROLS: 1_000, run_names.SEEDS: 1_000}  # points of a curve


def write(result: Result, words: str) -> None:
    """Writes all runs; `words` is the answer in Markdown."""
    home, dataset = result.folder / run_names.FOLDER, result.dataset
    specs = resolved.specs(result)
    rows = hparams.views(result, specs)
    sessions = hparams.of_sessions(result, rows)
    for framework, traces in result.traces.items():
        for (name, seed), trace in traces.items():
            variant = result.scenario.variant(name)
            most = MOST[run_names.view(variant, seed)]
            points = scalars.of_trace(trace, specs.get((framework, name)), most) + histograms.of_trace(trace)
            points += sessions.get((framework, name, seed), []) + _beside(result, framework, name, seed, most)
            if run_names.view(variant, seed) == run_names.REPORTED:  # a picture takes as long as a thousand points
                points += images.of_trace(trace, variant.spec, dataset)
            events.write(run_names.training(home, dataset, variant, framework, seed), points)
    for variant in result.scenario.variants:
        if variant.reported and result.mnist and any(name == variant.name for traces in result.traces.values()
                                                  for name, _ in traces):
            events.write(run_names.of_question(home, dataset, variant), scalars.of_question(variant.reported))
    told = run_names.answer(home, dataset)
    for name, points in custom_scalars.curves(result).items():
        events.write(told / name, points)
    events.write(told, events.text("answer", words) + events.text("differences", tables.differences(result)) +
                 custom_scalars.layout(result) + images.points(result, specs))
    for view, of_view in rows.items():
        events.write(run_names.answer(home, dataset, view), hparams.experiment(result, of_view))


def _beside(result: Result, framework: str, name: str, seed: int, most: int) -> list[Point]:
    """What a training shows beside others: its distance to the NumPy reference's, and what all starts tell."""
    traces = result.traces[framework]
    reference = result.traces.get(REFERENCE_NAME, {}).get((name, seed))
    points: list[Point] = []
    if reference is not None and framework != REFERENCE_NAME and result.init == "shared" and \
            _steps(traces[name, seed]) == _steps(reference):
        points += scalars.of_ways(traces[name, seed], reference, most)
    if seed == 0:
        points += [point for loss_offset in result.loss_offsets
                   if (loss_offset.variant, loss_offset.framework) == (name, framework)
                   for point in scalars.of_loss_offset(loss_offset)]
        points += scalars.of_seeds(traces, name)
    return points


def _steps(trace: Trace) -> object:
    """Steps an epoch; None of a training whose worker died."""
    return trace.facts.get("steps_per_epoch")
