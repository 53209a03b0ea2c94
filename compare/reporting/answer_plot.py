"""The curves that are the answer: the values on which the first behaviour is measured, for the plot under the verdict.

If the behaviour compares variants that differ in one number, such as the learning rate, the curves go over that number,
and every trained variant between them is a point. Otherwise they go over the epochs or steps of its first variant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import median

import numpy as np

from compare.analysis.behaviours import Traces, read_by
from compare.analysis.causes.questions import LENGTH
from compare.analysis.result import Result
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Variant
from scenarios.spec.fields import differences, value_at

Points = Sequence[tuple[float, float]]
TITLES = {"reported/train/loss": "training loss", "reported/train/accuracy": "training accuracy",
          "reported/test/loss": "test loss", "reported/test/accuracy": "test accuracy",
          "evaluated/train/loss": "training loss of the epoch's last weights",
          "evaluated/test/loss": "test loss of the epoch's last weights",
          "evaluated/test/accuracy": "test accuracy of the epoch's last weights", "step/loss": "loss of single steps"}
"""The arrays that can be drawn, the most informative first."""
PAST_THE_END = 1.5  # a curve that ends in nan or infinity is drawn to so many times its finite length


@dataclass(frozen=True)
class AnswerPlot:
    """Curves of one quantity over one axis; with several seeds, the median of their values."""

    quantity: str
    axis: str
    curves: Mapping[str, Points]
    """By framework. Values may be nan or infinite."""
    reported: Points = ()
    """The numbers that the question reports; empty if the run did not use full MNIST."""
    end: float | None = None
    """Where the axis ends; None for the last value."""


def of_result(result: Result) -> AnswerPlot | None:
    """Returns the curves that answer the question; None if nothing that can be drawn was trained."""
    scenario = result.scenario
    if scenario.behaviours:
        behaviour = scenario.behaviours[0]
        array, variants = _measured_array(result, behaviour), [scenario.variant(name) for name in behaviour.variants]
    else:
        behaviour, array = None, "reported/train/loss"
        variants = [variant for variant in scenario.variants if variant.role == "reported"][:1]
    if not array or not variants:
        return None
    path = _swept_field(variants)
    epoch = behaviour.epochs if behaviour else None
    plot = _over_field(result, array, path, variants, epoch) if path and epoch and array.startswith("reported/") else \
        _over_time(result, array, variants[0])
    return plot if any(plot.curves.values()) else None


def _measured_array(result: Result, behaviour: Behaviour) -> str:
    """The array that the measure of a behaviour reads; empty if it cannot be drawn."""
    names = set().union(*(read_by(replace(behaviour, condition=None), traces) for traces in result.traces.values()))
    return next((name for name in TITLES if name in names), "")


def _swept_field(variants: Sequence[Variant]) -> str:
    """The path of the only number in which variants differ; empty if there is none."""
    first = variants[0].spec
    paths = {path for variant in variants for path in differences(first, variant.spec) if path not in LENGTH}
    path = paths.pop() if len(paths) == 1 else ""
    return path if path and all(_is_number(value_at(variant.spec, path)) for variant in variants) else ""


def _over_field(result: Result, array: str, path: str, variants: Sequence[Variant], epoch: int) -> AnswerPlot:
    """The values after an epoch, by the value of the field."""
    values = [value_at(variant.spec, path) for variant in variants]
    points = {variant.name: value_at(variant.spec, path) for variant in result.scenario.variants
              if set(differences(variants[0].spec, variant.spec)) - set(LENGTH) <= {path}}
    inside = {name: value for name, value in sorted(points.items(), key=lambda item: item[1])
              if min(values) <= value <= max(values)}
    curves = {framework: [(value, y) for name, value in inside.items()
                          if (y := _median(trace[array][epoch - 1] for trace in _traces(traces, name)
                                           if array in trace and len(trace[array]) >= epoch)) is not None]
              for framework, traces in result.traces.items()}
    reported = [(value, y) for name, value in inside.items() if result.mnist and
                (y := _at(result.scenario.variant(name).reported.get(array, ()), epoch)) is not None]
    return AnswerPlot(f"{TITLES[array]} after epoch {epoch}", path.rpartition(".")[2].replace("_", " "), curves,
                      reported)


def _over_time(result: Result, array: str, variant: Variant) -> AnswerPlot:
    """The values of a variant by epoch or by step."""
    curves: dict[str, Points] = {}
    for framework, traces in result.traces.items():
        of_seeds = [trace for trace in _traces(traces, variant.name) if array in trace]
        length = min((len(trace[array]) for trace in of_seeds), default=0)
        places = of_seeds[0]["epoch"][:length] if of_seeds and array.startswith("evaluated/") else range(1, length + 1)
        middle = np.median([trace[array][:length] for trace in of_seeds], axis=0) if of_seeds else ()
        curves[framework] = [(float(place), float(value)) for place, value in zip(places, middle)]
    known = enumerate(variant.reported.get(array, ()) if result.mnist else (), 1)
    finite = [place for points in curves.values() for place, value in points if isfinite(value)]
    longest = max((place for points in curves.values() for place, _ in points), default=0.0)
    end = PAST_THE_END * max(finite, default=longest)
    return AnswerPlot(f"{TITLES[array]}, {variant.title}", "step" if array.startswith("step/") else "epoch", curves,
                      [(float(place), value) for place, value in known if value is not None],
                      end if end < longest else None)


def _traces(traces: Traces, variant: str) -> list[Trace]:
    return [trace for (name, _), trace in traces.items() if name == variant]


def _median(values: Iterable[float]) -> float | None:
    numbers = list(map(float, values))
    return median(numbers) if numbers else None


def _at(values: Sequence[float | None], epoch: int) -> float | None:
    return values[epoch - 1] if epoch <= len(values) else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
