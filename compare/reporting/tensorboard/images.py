"""Pictures: the digits on which frameworks disagree, what they take for what, and what one number decides."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from compare.analysis.attribution import title
from compare.analysis.causes.questions import LENGTH
from compare.analysis.result import Result
from compare.execution.data import Dataset
from compare.reporting.tensorboard.events import Point, image
from compare.reporting.tensorboard.resolved import Specs
from frameworks.runtime import samples
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import fields, to_json

SAID = "predicted/test"  # the array of a trace
ROWS, COLUMNS = 3, 8
DOTS = 90  # an inch
WIDE = 10.0  # from where on a range is drawn by powers of ten
DEEP = 1e-5  # of the largest, below which they are not drawn
FEWEST = 3  # numbers that make a curve


def of_trace(trace: Trace, spec: Spec, dataset: Dataset) -> list[Point]:
    """What one trained model takes each test image for."""
    if SAID not in trace:
        return []
    _, labels = _test(spec, dataset)
    return _picture("confusion", _confusion(trace[SAID], labels, spec.data.classes),
                    "Rows are what a test image is, columns what the trained model takes it for, with their numbers.")


def points(result: Result, specs: Specs) -> list[Point]:
    """The pictures of several trainings: where they disagree, and what one number decides."""
    found: list[Point] = []
    for variant in (variant for variant in result.scenario.variants if variant.role == "reported"):
        said = {name: trace[SAID] for name, traces in result.traces.items()
                if (trace := traces.get((variant.name, 0))) is not None and SAID in trace}
        apart = np.flatnonzero([len(set(row)) > 1 for row in zip(*said.values())])
        if apart.size:
            x, labels = _test(variant.spec, result.dataset)
            picture = _digits(said, labels, variant.spec.data.classes, x, apart)
            found += _picture(f"disagreement/{variant.name}", picture,
                              f"Test images about which the frameworks do not say the same: {apart.size} of "
                              f"{len(labels)}.")
    for sweep in sweeps(result, specs):
        found += _picture(f"against/{sweep.path}/{sweep.first}", _sweep(sweep),
                          f"What {sweep.path} alone decides.")
    return found


@dataclass(frozen=True)
class Sweep:
    """Variants that differ in one number only, as a framework resolves them."""

    path: str
    first: str
    """The asked variant that the others are like."""
    members: Mapping[str, Mapping[float, Trace]]
    """By framework name, then the number."""


def _test(spec: Spec, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The test images that a spec keeps, and what each is, counted from 0 in the order of its classes."""
    x, y = samples.load(str(dataset.folder), "test", to_json(spec)["data"])
    return x, y.argmax(1) if y.shape[1] > 1 else y[:, 0].astype(int)


def sweeps(result: Result, specs: Specs) -> list[Sweep]:
    """Every number by which variants differ from an asked one, and in nothing else but how long they train; of those
    that take at least three values with a framework."""
    found: dict[tuple[str, str], dict[str, Mapping[float, Trace]]] = {}
    asked = [variant.name for variant in result.scenario.variants if variant.role == "reported"]
    for framework, traces in result.traces.items():
        told = {variant.name: _numbers(specs[framework, variant.name]) for variant in result.scenario.variants
                if (framework, variant.name) in specs and (variant.name, 0) in traces}
        for first in (name for name in asked if name in told):
            for path in (path for path, value in told[first].items() if _is_number(value)):
                rest = _without(told[first], path)
                alike = {name: values[path] for name, values in told.items()
                         if _is_number(values.get(path)) and _without(values, path) == rest}
                if len(set(alike.values())) > 1 and first == next(name for name in asked if name in alike):
                    longest = sorted(alike, key=lambda name: _epochs(traces[name, 0]))  # of the same number, one stays
                    numbers = {alike[name]: traces[name, 0] for name in longest}
                    found.setdefault((path, first), {})[framework] = dict(sorted(numbers.items()))
    return [Sweep(path, first, members) for (path, first), members in found.items()
            if max(map(len, members.values())) >= FEWEST]


def _epochs(trace: Trace) -> int:
    """The last epoch whose weights are kept; 0 where none are."""
    return int(max(trace.arrays.get("epoch", ()), default=0))


def _numbers(spec: Spec) -> dict[str, Any]:
    """The fields of a spec, but for how long it trains."""
    return {path: value for path, _, value in fields(spec) if path not in LENGTH and not isinstance(value, tuple) and
            not hasattr(value, "__dataclass_fields__")}


def _without(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != path}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _picture(tag: str, figure: Figure, description: str) -> list[Point]:
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=DOTS)
        width, height = (int(size * DOTS) for size in figure.get_size_inches())
        return image(tag, file.getvalue(), width, height, description)


def _confusion(said: np.ndarray, labels: np.ndarray, classes: tuple[int, ...]) -> Figure:
    """A square of what is taken for what; the colours are of roots, so that few are seen beside many."""
    figure = Figure(figsize=(4.2, 4.4))
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.11, top=0.92)
    table = np.zeros((len(classes), len(classes)), int)
    np.add.at(table, (labels, said), 1)
    axes = figure.add_subplot()
    axes.imshow(np.sqrt(table), cmap="Blues")
    for (row, column), count in np.ndenumerate(table):
        if count:
            dark = np.sqrt(count) > np.sqrt(table.max()) / 2
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color="w" if dark else "k")
    axes.set_xticks(range(len(classes)), list(map(str, classes)))
    axes.set_yticks(range(len(classes)), list(map(str, classes)))
    axes.set_xlabel("is taken for")
    axes.set_ylabel("is")
    axes.set_title(f"{np.trace(table) / max(1, table.sum()):.1%} right", fontsize=10)
    return figure


def _digits(said: Mapping[str, np.ndarray], labels: np.ndarray, classes: tuple[int, ...], x: np.ndarray,
            apart: np.ndarray) -> Figure:
    """Some of the images, evenly over the test set, and below each what every framework says; green is right."""
    chosen = apart[np.unique(np.linspace(0, len(apart) - 1, ROWS * COLUMNS).astype(int))]
    figure = Figure(figsize=(1.5 * COLUMNS, (1.35 + 0.2 * len(said)) * ROWS + 0.5))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.1, top=0.92, hspace=0.6)
    figure.suptitle(f"{len(apart)} of {len(labels)} test images get different answers; some of them", fontsize=11)
    for place, sample in enumerate(chosen, 1):
        axes = figure.add_subplot(ROWS, COLUMNS, place)
        axes.imshow(x[sample].reshape(28, 28), cmap="gray_r")
        axes.axis("off")
        for line, (name, answers) in enumerate(said.items(), 1):
            colour = "tab:green" if answers[sample] == labels[sample] else "tab:red"
            axes.text(0.5, -0.17 * line, f"{name}: {classes[answers[sample]]}", transform=axes.transAxes, ha="center",
                      fontsize=8, color=colour)
    return figure


def _sweep(sweep: Sweep) -> Figure:
    """Loss and accuracy, train and test, of frozen weights at the last epoch that all of a framework have."""
    figure = Figure(figsize=(8, 4.6))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.27, top=0.86, wspace=0.2)
    known = {name: {number: trace for number, trace in of_one.items() if "epoch" in trace}
             for name, of_one in sweep.members.items()}
    last = {name: min(map(_epochs, of_one.values()), default=0) for name, of_one in known.items()}
    figure.suptitle(f"What {sweep.path} alone decides", fontsize=11)
    for place, kind in enumerate(("loss", "accuracy"), 1):
        axes = figure.add_subplot(1, 2, place)
        drawn: list[float] = []
        for colour, (name, of_one) in enumerate(known.items()):
            for part, style in (("train", "-o"), ("test", "--x")):
                line = dict(_at(of_one, f"evaluated/{part}/{kind}", last[name]))
                drawn += [value for value in line.values() if math.isfinite(value)]
                told = f"{title(name)}, {part}, after epoch {last[name]}"
                axes.plot(list(line), list(line.values()), style, color=f"C{colour}", label=told)
        numbers = [number for of_one in known.values() for number in of_one]
        if numbers and min(numbers) > 0 and max(numbers) > WIDE * min(numbers):
            axes.set_xscale("log")
        if kind == "loss" and drawn and max(drawn) > WIDE * max(0.0, min(drawn)):
            axes.set_yscale("log")
            axes.set_ylim(max(min(drawn), DEEP * max(drawn)) / 2, 2 * max(drawn))
        axes.set_xlabel(sweep.path)
        axes.set_title(kind, fontsize=10)
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), fontsize=7, ncols=max(1, len(known)), loc="lower center")
    return figure


def _at(of_one: Mapping[float, Trace], name: str, epoch: int) -> Iterator[tuple[float, float]]:
    """(number, value) of every training at the last kept epoch up to one."""
    for number, trace in of_one.items():
        places = np.flatnonzero(np.asarray(trace["epoch"]) <= epoch)
        if places.size and name in trace:
            yield number, float(trace[name][places[-1]])
