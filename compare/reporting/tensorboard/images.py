"""Images: test digits with different predictions, confusion matrices, and the effect of a single hyperparameter."""

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
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import fields

PREDICTED = "predicted/test"  # array name in a trace
ROWS, COLUMNS = 3, 8
DOTS = 90  # per inch
DIGIT, CELL, LINE, HEADING = 112, 135, 18, 45
"""The dots of a test image, between two of them, of a line of text below it, and above all."""
LOG_RANGE = 10.0  # the ratio of maximum and minimum above which an axis is logarithmic
LOWEST = 1e-5  # the lowest loss on a logarithmic axis, relative to the largest loss
FEWEST = 3  # values of a hyperparameter for a curve


def of_trace(trace: Trace, spec: Spec, dataset: Dataset) -> list[Point]:
    """The confusion matrix of one trained model on the test images; empty without recorded predictions."""
    if PREDICTED not in trace:
        return []
    _, labels = _test(spec, dataset)
    return _image("confusion", _confusion(trace[PREDICTED], labels, spec.data.classes),
                  "The number of test images by true label (rows) and predicted label (columns).")


def points(result: Result, specs: Specs) -> list[Point]:
    """The images that compare trainings: test images with different predictions, and the plots of all sweeps."""
    image_points: list[Point] = []
    for variant in (variant for variant in result.scenario.variants if variant.role == "reported"):
        predictions = {name: trace[PREDICTED] for name, traces in result.traces.items()
                       if (trace := traces.get((variant.name, 0))) is not None and PREDICTED in trace}
        differing = np.flatnonzero([len(set(row)) > 1 for row in zip(*predictions.values())])
        if differing.size:
            x, labels = _test(variant.spec, result.dataset)
            figure = _digits(predictions, labels, variant.spec.data.classes, x, differing)
            image_points += _image(f"disagreement/{variant.name}", figure,
                                   f"Test images that the frameworks predict differently: {differing.size} of "
                                   f"{len(labels)}.")
    for sweep in sweeps(result, specs):
        image_points += _image(f"against/{sweep.path}/{sweep.first}", _sweep(sweep),
                               f"The effect of {sweep.path} alone.")
    return image_points


@dataclass(frozen=True)
class Sweep:
    """Variants with resolved specs that differ in one numeric field only."""

    path: str
    first: str
    """The reported variant from which the other variants differ."""
    members: Mapping[str, Mapping[float, Trace]]
    """Traces by framework name, then by the value of the field."""


def _test(spec: Spec, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The test images that a spec keeps, and their labels: indices into the spec's classes."""
    x, y = dataset.samples("test", spec.data)
    return x, y.argmax(1) if y.shape[1] > 1 else y[:, 0].astype(int)


def sweeps(result: Result, specs: Specs) -> list[Sweep]:
    """The numeric fields in which variants differ from a reported variant, with the traces for each value.

    The variants may also differ in the length of the training, but in no other field. A field needs at least three
    values in one framework.
    """
    by_field: dict[tuple[str, str], dict[str, Mapping[float, Trace]]] = {}
    reported = [variant.name for variant in result.scenario.variants if variant.role == "reported"]
    for framework, traces in result.traces.items():
        fields_of = {variant.name: _field_values(specs[framework, variant.name]) for variant in result.scenario.variants
                     if (framework, variant.name) in specs and (variant.name, 0) in traces}
        for first in (name for name in reported if name in fields_of):
            for path in (path for path, value in fields_of[first].items() if _is_number(value)):
                rest = _without(fields_of[first], path)
                numbers = {name: values[path] for name, values in fields_of.items()
                           if _is_number(values.get(path)) and _without(values, path) == rest}
                if len(set(numbers.values())) > 1 and first == next(name for name in reported if name in numbers):
                    # In order of length, so that the longest training remains of those with the same number.
                    by_length = sorted(numbers, key=lambda name: _epochs(traces[name, 0]))
                    by_number = {numbers[name]: traces[name, 0] for name in by_length}
                    by_field.setdefault((path, first), {})[framework] = dict(sorted(by_number.items()))
    return [Sweep(path, first, members) for (path, first), members in by_field.items()
            if max(map(len, members.values())) >= FEWEST]


def _epochs(trace: Trace) -> int:
    """The last epoch at which the weights were evaluated; 0 if there is none."""
    return int(max(trace.arrays.get("epoch", ()), default=0))


def _field_values(spec: Spec) -> dict[str, Any]:
    """The elementary fields of a spec without those for the length of the training."""
    return {path: value for path, _, value in fields(spec) if path not in LENGTH and not isinstance(value, tuple) and
            not hasattr(value, "__dataclass_fields__")}


def _without(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != path}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _image(tag: str, figure: Figure, description: str) -> list[Point]:
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=DOTS)
        width, height = (int(size * DOTS) for size in figure.get_size_inches())
        return image(tag, file.getvalue(), width, height, description)


def _confusion(predictions: np.ndarray, labels: np.ndarray, classes: tuple[int, ...]) -> Figure:
    """A confusion matrix. Colors show the square roots of the counts, so that small counts remain visible."""
    figure = Figure(figsize=(4.2, 4.4))
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.11, top=0.92)
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (labels, predictions), 1)
    axes = figure.add_subplot()
    axes.imshow(np.sqrt(counts), cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = np.sqrt(count) > np.sqrt(counts.max()) / 2
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color="w" if dark else "k")
    axes.set_xticks(range(len(classes)), list(map(str, classes)))
    axes.set_yticks(range(len(classes)), list(map(str, classes)))
    axes.set_xlabel("predicted label")
    axes.set_ylabel("true label")
    axes.set_title(f"{np.trace(counts) / max(1, counts.sum()):.1%} correct", fontsize=10)
    return figure


def _digits(predictions: Mapping[str, np.ndarray], labels: np.ndarray, classes: tuple[int, ...], x: np.ndarray,
            differing: np.ndarray) -> Figure:
    """Up to `ROWS * COLUMNS` test images with the prediction of every framework; correct ones are green.

    The images are spread evenly over `differing`, the indices of the test images with different predictions.
    """
    chosen = differing[np.unique(np.linspace(0, len(differing) - 1, ROWS * COLUMNS).astype(int))]
    row_height = DIGIT + LINE * (len(predictions) + 1)
    width, height = COLUMNS * CELL, HEADING + ROWS * row_height
    figure = Figure(figsize=(width / DOTS, height / DOTS), dpi=DOTS)
    figure.text(0.5, 1 - HEADING / 2 / height, f"{len(differing)} of {len(labels)} test images are predicted "
                "differently; some of them", ha="center", va="center", fontsize=11)
    page = np.zeros((height, width))
    for place, sample in enumerate(chosen):
        row, column = divmod(place, COLUMNS)
        top, left = HEADING + row * row_height, column * CELL + (CELL - DIGIT) // 2
        page[top:top + DIGIT, left:left + DIGIT] = _enlarged(x[sample].reshape(28, 28))
        for line, (name, predicted) in enumerate(predictions.items(), 1):
            color = "tab:green" if predicted[sample] == labels[sample] else "tab:red"
            figure.text((column + 0.5) * CELL / width, 1 - (top + DIGIT + LINE * line) / height,
                        f"{name}: {classes[predicted[sample]]}", ha="center", fontsize=8, color=color)
    figure.figimage(page, cmap="gray_r", vmin=0, vmax=1)
    return figure


def _enlarged(digit: np.ndarray) -> np.ndarray:
    """A test image of `DIGIT` dots, from 0 to 1."""
    scale = DIGIT // len(digit)
    return np.kron((digit - digit.min()) / (np.ptp(digit) or 1), np.ones((scale, scale)))


def _sweep(sweep: Sweep) -> Figure:
    """Training and test loss and accuracy by the value of the field, evaluated with fixed weights.

    For each framework, the weights are those of the last epoch that all of its trainings reached.
    """
    figure = Figure(figsize=(8, 4.6))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.27, top=0.86, wspace=0.2)
    evaluated = {name: {number: trace for number, trace in by_number.items() if "epoch" in trace}
                 for name, by_number in sweep.members.items()}
    last = {name: min(map(_epochs, by_number.values()), default=0) for name, by_number in evaluated.items()}
    figure.suptitle(f"The effect of {sweep.path} alone", fontsize=11)
    for place, kind in enumerate(("loss", "accuracy"), 1):
        axes = figure.add_subplot(1, 2, place)
        drawn: list[float] = []
        for color, (name, by_number) in enumerate(evaluated.items()):
            for part, style in (("train", "-o"), ("test", "--x")):
                line = dict(_values_at(by_number, f"evaluated/{part}/{kind}", last[name]))
                drawn += [value for value in line.values() if math.isfinite(value)]
                label = f"{title(name)}, {part}, after epoch {last[name]}"
                axes.plot(list(line), list(line.values()), style, color=f"C{color}", label=label)
        numbers = [number for by_number in evaluated.values() for number in by_number]
        if numbers and min(numbers) > 0 and max(numbers) > LOG_RANGE * min(numbers):
            axes.set_xscale("log")
        if kind == "loss" and drawn and max(drawn) > LOG_RANGE * max(0.0, min(drawn)):
            axes.set_yscale("log")
            axes.set_ylim(max(min(drawn), LOWEST * max(drawn)) / 2, 2 * max(drawn))
        axes.set_xlabel(sweep.path)
        axes.set_title(kind, fontsize=10)
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), fontsize=7, ncols=max(1, len(evaluated)), loc="lower center")
    return figure


def _values_at(by_number: Mapping[float, Trace], name: str, epoch: int) -> Iterator[tuple[float, float]]:
    """(number, value) of every training, with the value of the array at the last evaluated epoch up to `epoch`."""
    for number, trace in by_number.items():
        indices = np.flatnonzero(np.asarray(trace["epoch"]) <= epoch)
        if indices.size and name in trace:
            yield number, float(trace[name][indices[-1]])
