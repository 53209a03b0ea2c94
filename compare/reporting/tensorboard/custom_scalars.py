"""The pages of the custom scalars: one a behaviour with exactly the curves that it looks at, the gap, the starts.

A chart of TensorBoard chooses tags and not runs, so a behaviour's curves stand under tags of their own,
`whether/BEHAVIOUR/CURVE/VARIANT`, in one run for every framework, `answer/FRAMEWORK`. The layout is written by hand:
TensorBoard's helper would import TensorFlow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tensorboard.plugins.custom_scalar import layout_pb2, metadata

from compare.analysis.behaviours import read_by
from compare.analysis.result import Result
from compare.analysis.statistics import FEWEST
from compare.reporting.tensorboard import run_names, scalars
from compare.reporting.tensorboard.events import Point, curve, message
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour

FEW_POINTS = 500  # of a curve by step, which stands whole in its own run
Curve = tuple[str, Sequence[int], Sequence[float]]
"""Label, steps and values."""


def curves(result: Result) -> dict[str, list[Point]]:
    """The curves that the behaviours look at, by the name of their run: a framework, or the question's own."""
    found: dict[str, list[Point]] = {}
    for behaviour in result.scenario.behaviours:
        for framework, traces in result.traces.items():
            for name in behaviour.variants:
                if (trace := traces.get((name, 0))) is not None:
                    for label, steps, values in _looked_at(result, behaviour, trace):
                        tag = f"whether/{behaviour.name}/{label}/{name}"
                        found.setdefault(framework, []).extend(curve(tag, values, steps, _told(behaviour), FEW_POINTS))
        if result.mnist:
            own_setting = {f"whether/{behaviour.name}/{label}/{name}": result.scenario.variant(name).reported[label]
                     for name in behaviour.variants for label in _names(result, behaviour)
                     if label in result.scenario.variant(name).reported}
            found.setdefault(run_names.QUESTION, []).extend(scalars.of_question(own_setting))
    return {name: points for name, points in found.items() if points}


def layout(result: Result) -> list[Point]:
    """The pages, the first one open; charts without a curve are left out."""
    categories = [(f"{number}. {behaviour.title}: {_whose(result, behaviour)}", list(_charts(result, behaviour)))
                  for number, behaviour in enumerate(result.scenario.behaviours, 1)]
    categories += [("how far from the NumPy reference, step by step from the same weights",
                    _loss_offset() if result.loss_offsets else []),
                   ("mean and interval over the starts", _seeds() if _several(result) else [])]
    shown = [layout_pb2.Category(title=title, chart=charts, closed=bool(place))
             for place, (title, charts) in enumerate((title, charts) for title, charts in categories if charts)]
    return message(metadata.CONFIG_SUMMARY_TAG, layout_pb2.Layout(category=shown).SerializeToString(),
                   metadata.create_summary_metadata())


def _charts(result: Result, behaviour: Behaviour) -> Iterator[layout_pb2.Chart]:
    labels = dict.fromkeys(label for traces in result.traces.values() for name in behaviour.variants
                           if (trace := traces.get((name, 0))) is not None
                           for label, _, _ in _looked_at(result, behaviour, trace))
    for label in labels:
        yield _lines(label, f"whether/{behaviour.name}/{label}/")


def _loss_offset() -> list[layout_pb2.Chart]:
    return [_margin("unexplained, within what rounding may do", "loss_offset/unexplained", "loss_offset/rounding_below",
                    "loss_offset/rounding_above"), _lines("to the NumPy reference", "loss_offset/to_reference")]


def _seeds() -> list[layout_pb2.Chart]:
    return [_margin(name.partition("/")[2], *(f"starts/{name.partition('/')[2]}/{part}"
                                              for part in ("mean", "low", "high"))) for name in scalars.REPORTED]


def _several(result: Result) -> bool:
    return any(len({seed for _, seed in traces}) >= FEWEST for traces in result.traces.values())


def _lines(title: str, beginning: str) -> layout_pb2.Chart:
    """All curves whose tag begins so."""
    return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=[f"^{re.escape(beginning)}"]))


def _margin(title: str, value: str, lower: str, upper: str) -> layout_pb2.Chart:
    series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
    return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))


def _looked_at(result: Result, behaviour: Behaviour, trace: Trace) -> Iterator[Curve]:
    """The curves of one trace; a reported loss of one epoch, which is a single point, also step by step."""
    for name in _names(result, behaviour):
        if name.startswith("probe/"):
            label = f"probe/{name.split('/', 2)[2]}"
            places = [step for step in trace.probed_steps() if f"probe/{step}/{name.split('/', 2)[2]}" in trace]
            yield label, [step + 1 for step in places], [float(trace[f"probe/{step}/{name.split('/', 2)[2]}"])
                                                         for step in places]
        elif name in trace and name.startswith(scalars.COUNTED + scalars.FROZEN):
            values = trace[name]
            yield name, list(scalars.steps_of(trace, name) or range(1, len(values) + 1)), values
            if name == "reported/train/loss" and len(values) == 1 and "step/loss" in trace:
                yield "step/loss", range(1, len(trace["step/loss"]) + 1), trace["step/loss"]


def _names(result: Result, behaviour: Behaviour) -> list[str]:
    """The arrays that a behaviour looks at and that are curves; of probes, only those of one number."""
    names = set().union(*(read_by(behaviour, traces) for traces in result.traces.values()))
    numbers = {name for name in names if name.startswith("probe/") and
               any(trace[name].ndim == 0 for traces in result.traces.values() for trace in traces.values()
                   if name in trace)}
    by_label: Mapping[str, str] = {name.split("/", 2)[2]: name for name in sorted(numbers)}
    return sorted(name for name in names if name.startswith(scalars.COUNTED + scalars.FROZEN)) + \
        sorted(by_label.values())


def _whose(result: Result, behaviour: Behaviour) -> str:
    verdict = result.verdicts.get(behaviour.name)
    return verdict.belongs_to if verdict else "not judged"


def _told(behaviour: Behaviour) -> str:
    return f"Looked at to say whether {behaviour.title}."
