"""The custom-scalar pages: one per behaviour with the curves that it reads, the loss offsets, statistics over seeds.

A TensorBoard chart selects tags, not runs. The curves of a behaviour are therefore written under tags of their own,
`whether/BEHAVIOUR/CURVE/VARIANT`, in one run per framework, `answer/FRAMEWORK`. The layout is written directly because
TensorBoard's helper imports TensorFlow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import log10

import numpy as np
from tensorboard.plugins.custom_scalar import layout_pb2, metadata

from compare.analysis.behaviours import read_by
from compare.analysis.result import Result
from compare.analysis.statistics import FEWEST
from compare.reporting.cells import attribution_text
from compare.reporting.tensorboard import run_names, scalars
from compare.reporting.tensorboard.events import Point, curve, message
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour

FEW_POINTS = 500  # points per curve; the training's own run has the complete curve
Curve = tuple[str, Sequence[int], Sequence[float] | np.ndarray]
"""Label, steps and values."""


def curves(result: Result) -> dict[str, list[Point]]:
    """The curves that the behaviours read, by run name: a framework, or `reported` for the question's numbers."""
    points_by_run: dict[str, list[Point]] = {}
    for behaviour in result.scenario.behaviours:
        for framework, traces in result.traces.items():
            for name in behaviour.variants:
                if (trace := traces.get((name, 0))) is not None:
                    for label, steps, values in _with_logarithms(result, behaviour, trace):
                        tag = f"whether/{behaviour.name}/{label}/{name}"
                        points_by_run.setdefault(framework, []).extend(
                            curve(tag, values, steps, _description(behaviour), FEW_POINTS))
        if result.mnist:
            reported = {f"whether/{behaviour.name}/{label}/{name}": result.scenario.variant(name).reported[label]
                        for name in behaviour.variants for label in _names(result, behaviour)
                        if label in result.scenario.variant(name).reported}
            reported |= {f"whether/{behaviour.name}/{scalars.LOG10}{label}/{name}": [
                None if value is None or not value > 0 else log10(value)
                for value in result.scenario.variant(name).reported[label]]
                for name in behaviour.variants for label in _names(result, behaviour)
                if label.endswith("loss") and label in result.scenario.variant(name).reported}
            points_by_run.setdefault(run_names.QUESTION, []).extend(scalars.of_question(reported))
    return {name: points for name, points in points_by_run.items() if points}


def layout(result: Result) -> list[Point]:
    """The layout: one page per category, the first one expanded. Categories without charts are omitted."""
    categories = [(f"{number}. {behaviour.title}: {_attribution(result, behaviour)}",
                   list(_behaviour_charts(result, behaviour)))
                  for number, behaviour in enumerate(result.scenario.behaviours, 1)]
    categories += [("distance to the NumPy reference, step by step from the same weights",
                    _loss_offset_charts() if result.loss_offsets else []),
                   ("mean and interval over the seeds", _seed_charts() if _has_enough_seeds(result) else [])]
    pages = [layout_pb2.Category(title=title, chart=charts, closed=bool(index))
             for index, (title, charts) in enumerate((title, charts) for title, charts in categories if charts)]
    return message(metadata.CONFIG_SUMMARY_TAG, layout_pb2.Layout(category=pages).SerializeToString(),
                   metadata.create_summary_metadata())


def _behaviour_charts(result: Result, behaviour: Behaviour) -> Iterator[layout_pb2.Chart]:
    labels = dict.fromkeys(label for traces in result.traces.values() for name in behaviour.variants
                           if (trace := traces.get((name, 0))) is not None
                           for label, _, _ in _with_logarithms(result, behaviour, trace))
    for label in labels:
        yield _line_chart(label.replace(scalars.LOG10, "log10 of "), f"whether/{behaviour.name}/{label}/")


def _with_logarithms(result: Result, behaviour: Behaviour, trace: Trace) -> Iterator[Curve]:
    """The curves of one trace that a behaviour reads; losses that span decades first as logarithms."""
    for label, steps, values in _curves_read(result, behaviour, trace):
        if label.endswith("loss") and label in trace and scalars.spans_decades(
                each[label] for traces in result.traces.values() for name in behaviour.variants
                if (each := traces.get((name, 0))) is not None and label in each):
            yield f"{scalars.LOG10}{label}", steps, scalars.log10(values).tolist()
        yield label, steps, values


def _loss_offset_charts() -> list[layout_pb2.Chart]:
    return [_margin_chart("unexplained difference, between the bounds of rounding", "loss_offset/unexplained",
                          "loss_offset/rounding_below", "loss_offset/rounding_above"),
            _line_chart("difference from the NumPy reference", "loss_offset/to_reference")]


def _seed_charts() -> list[layout_pb2.Chart]:
    return [_margin_chart(name.partition("/")[2], *(f"seeds/{name.partition('/')[2]}/{part}"
                                                    for part in ("mean", "low", "high")))
            for name in scalars.REPORTED]


def _has_enough_seeds(result: Result) -> bool:
    return any(len({seed for _, seed in traces}) >= FEWEST for traces in result.traces.values())


def _line_chart(title: str, prefix: str) -> layout_pb2.Chart:
    """A chart of all curves with a tag that begins with `prefix`."""
    return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=[f"^{re.escape(prefix)}"]))


def _margin_chart(title: str, value: str, lower: str, upper: str) -> layout_pb2.Chart:
    """A chart of one curve between a lower and an upper bound; the arguments are tags."""
    series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
    return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))


def _curves_read(result: Result, behaviour: Behaviour, trace: Trace) -> Iterator[Curve]:
    """The curves of one trace that a behaviour reads.

    A reported loss of one epoch is a single point, so the loss of every step is added to it.
    """
    for name in _names(result, behaviour):
        if name.startswith("probe/"):
            label = f"probe/{name.split('/', 2)[2]}"
            probed = [step for step in trace.probed_steps() if f"probe/{step}/{name.split('/', 2)[2]}" in trace]
            yield label, [step + 1 for step in probed], [float(trace[f"probe/{step}/{name.split('/', 2)[2]}"])
                                                         for step in probed]
        elif name in trace and name.startswith(scalars.COUNTED + scalars.FROZEN):
            values = trace[name]
            yield name, list(scalars.steps_of(trace, name) or range(1, len(values) + 1)), values
            if name == "reported/train/loss" and len(values) == 1 and "step/loss" in trace:
                yield "step/loss", range(1, len(trace["step/loss"]) + 1), trace["step/loss"]


def _names(result: Result, behaviour: Behaviour) -> list[str]:
    """The names of the arrays that a behaviour reads and that form curves; of probe arrays, only scalars."""
    names = set().union(*(read_by(behaviour, traces) for traces in result.traces.values()))
    scalar_probes = {name for name in names if name.startswith("probe/") and
                     any(trace[name].ndim == 0 for traces in result.traces.values() for trace in traces.values()
                         if name in trace)}
    by_label: Mapping[str, str] = {name.split("/", 2)[2]: name for name in sorted(scalar_probes)}
    return sorted(name for name in names if name.startswith(scalars.COUNTED + scalars.FROZEN)) + \
        sorted(by_label.values())


def _attribution(result: Result, behaviour: Behaviour) -> str:
    return attribution_text(result, behaviour.name) if behaviour.name in result.verdicts else "no answer"


def _description(behaviour: Behaviour) -> str:
    return f"Read to decide whether {behaviour.title}."
