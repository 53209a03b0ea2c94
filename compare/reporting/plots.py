"""Plots as SVG for embedding in an HTML page: text stays text, and colours follow the light or dark style of the page.

matplotlib draws with placeholder colours that occur nowhere else. They are then replaced by the CSS variables `--ink`,
`--grid`, `--side-0`, … of the page. pyplot is not used because it would look for a display.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from compare.analysis.attribution import title
from compare.analysis.result import Result
from compare.reporting.answer_plot import AnswerPlot
from frameworks.runtime.trace import Trace
from scenarios.scenario import Variant

SIDES = 8  # number of colours for frameworks; further frameworks start again with the first
STAND_INS = {"#0a0b0c": "--ink", "#0a0b0d": "--grid", **{f"#0a0c{i:02x}": f"--side-{i}" for i in range(SIDES)}}
INK, GRID, *COLOURS = STAND_INS
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "text.color": INK, "axes.edgecolor": GRID, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6,
    "axes.titlesize": 11, "axes.titlelocation": "left", "axes.titley": 1.03}
PLACE = (0.15, 0.17, 0.82, 0.7)
"""Left, bottom, width and height of the axes. Fixed, since matplotlib's automatic layout is slower than drawing."""
ANSWER_PLACE = (0.13, 0.17, 0.85, 0.79)
FEW = 30  # with fewer points, each one is marked
BINS = 200  # most bins in the plot of single steps
FAR = 20.0  # ratio of largest to smallest loss above which the scale is logarithmic
LEAST = 1e-6  # fraction of the largest loss; smaller losses lie below the logarithmic scale

WIDTHS = (3.8, 2.6, 1.4)
"""Of the lines of the answer's plot, by framework: where curves coincide, the wider ones can be seen below."""

Curves = Mapping[str, Sequence[np.ndarray]]
"""One curve per seed, by framework."""


def of_variant(result: Result, variant: Variant) -> list[str]:
    """Returns the SVG plots of a variant: loss and accuracy by epoch, loss by step; none if it was not trained."""
    sides = {name: [trace for (name_of_variant, _), trace in traces.items() if name_of_variant == variant.name]
             for name, traces in result.traces.items()}
    if not any("reported/train/loss" in trace for traces in sides.values() for trace in traces):
        return []
    with matplotlib.rc_context(STYLE):
        figures = [Figure(figsize=(4.2, 2.9)) for _ in range(3)]
        loss, accuracy, steps = (figure.add_axes(PLACE) for figure in figures)
        for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
            reported = variant.reported.get(f"reported/train/{name}", ()) if result.mnist else ()
            _by_epoch(axes, _curves(sides, f"reported/train/{name}"), reported)
            axes.set_title(f"training {name}")
        _by_step(steps, sides)
        return [_svg(figure, f"{variant.name} {i}") for i, figure in enumerate(figures)]


def of_answer(plot: AnswerPlot) -> str:
    """Returns the plot under the verdict as SVG: one curve per framework, and the reported numbers as rings."""
    with matplotlib.rc_context({**STYLE, "font.size": 11}):
        figure = Figure(figsize=(5.0, 3.0))
        axes = figure.add_axes(ANSWER_PLACE)
        for i, points in enumerate(plot.curves.values()):
            x, y = np.array(points, float).reshape(-1, 2).T
            axes.plot(x, y, color=COLOURS[i % SIDES], linewidth=WIDTHS[min(i, len(WIDTHS) - 1)],
                      marker="o" if len(x) < FEW else "", markersize=3 + WIDTHS[min(i, len(WIDTHS) - 1)])
        if plot.reported:
            axes.plot(*zip(*plot.reported), "o", markerfacecolor="none", markeredgecolor=INK, markersize=12,
                      markeredgewidth=1.6, zorder=10)
        places = [x for points in (*plot.curves.values(), plot.reported) for x, _ in points]
        _scale(axes, [y for points in (*plot.curves.values(), plot.reported) for _, y in points],
               [points[0][1] for points in plot.curves.values() if points])
        if places and min(places) > 0 and max(places) > FAR * min(places) and plot.axis not in ("epoch", "step"):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        elif plot.axis not in ("epoch", "step"):
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        if plot.end:
            axes.set_xlim(0, plot.end)
        axes.set_xlabel(plot.axis)
        return _svg(figure, "answer")


def legend(result: Result) -> list[tuple[str, str]]:
    """Returns (title, CSS variable of the colour) of each framework, in the order of the plots."""
    return [(title(name), f"--side-{i % SIDES}") for i, name in enumerate(result.traces)]


def _curves(sides: Mapping[str, Sequence[Trace]], name: str) -> Curves:
    return {side: [np.asarray(trace[name], float) for trace in traces if name in trace]
            for side, traces in sides.items()}


def _by_epoch(axes: Axes, curves: Curves, reported: Sequence[float | None]) -> None:
    """Draws the median over seeds per framework with its range as a shaded area, and reported numbers as rings."""
    for i, by_seed in enumerate(curves.values()):
        if by_seed:
            low, middle, high = _over_seeds(by_seed)
            epochs = np.arange(1, len(middle) + 1)
            marker = "o" if len(middle) == 1 else ""
            axes.plot(epochs, middle, color=COLOURS[i % SIDES], linewidth=1.8, marker=marker, markersize=5)
            if len(by_seed) > 1:
                axes.fill_between(epochs, low, high, color=COLOURS[i % SIDES], alpha=0.2, linewidth=0)
    known = [(epoch, value) for epoch, value in enumerate(reported, 1) if value is not None]
    if known:
        axes.plot(*zip(*known), "o", markerfacecolor="none", markeredgecolor=INK, markersize=5)
    drawn = [curve for by_seed in curves.values() for curve in by_seed]
    _scale(axes, [value for curve in drawn for value in curve] + [value for _, value in known],
           [curve[0] for curve in drawn if curve.size])
    axes.set_xlabel("epoch")


def _by_step(axes: Axes, sides: Mapping[str, Sequence[Trace]]) -> None:
    """Draws the losses of the first seed: per bin of steps, the median and, shaded, the central 80 % of the losses."""
    drawn: list[float] = []
    firsts: list[float] = []
    for i, traces in enumerate(sides.values()):
        losses = np.asarray(traces[0]["step/loss"], float) if traces and "step/loss" in traces[0] else np.zeros(0)
        if losses.size:
            bins = np.array_split(losses, min(BINS, losses.size))
            ends = np.cumsum([part.size for part in bins])
            low, middle, high = np.array([_quantiles(part) for part in bins]).T
            axes.fill_between(ends, low, high, color=COLOURS[i % SIDES], alpha=0.25, linewidth=0)
            axes.plot(ends, middle, color=COLOURS[i % SIDES], linewidth=1.3, marker="o" if len(ends) == 1 else "")
            drawn += [*middle, *high]
            firsts.append(losses[0])
    _scale(axes, drawn, firsts)
    axes.set_title("loss of single steps")
    axes.set_xlabel("step")


def _over_seeds(curves: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(minimum, median, maximum) over seeds, by epoch, for the epochs that all seeds have."""
    length = min(map(len, curves))
    values = np.array([curve[:length] for curve in curves])
    return values.min(0), np.median(values, axis=0), values.max(0)


def _quantiles(part: np.ndarray) -> np.ndarray:
    """The 10, 50 and 90 % quantiles of the finite losses in a bin; nan if there are none."""
    known = part[np.isfinite(part)]
    return np.quantile(known, (0.1, 0.5, 0.9)) if known.size else np.full(3, np.nan)


def _scale(axes: Axes, values: Sequence[float], firsts: Sequence[float]) -> None:
    """Sets a logarithmic scale if the positive values span more than a factor of `FAR`.

    The logarithmic scale always includes `firsts`, the first values of the curves; it cannot show 0.
    """
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    if not np.isfinite(np.array(values)).any():
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no finite number", ha="center", va="center", transform=axes.transAxes)
    known = np.array([value for value in values if np.isfinite(value) and value > 0])
    if known.size and known.max() > FAR * known.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        first = min((value for value in firsts if np.isfinite(value) and value > 0), default=known.max())
        axes.set_ylim(max(known.min(), min(known.max() * LEAST, first)) / 2, known.max() * 2)


def _svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element without header and date, in the page's colours; its ids are hashed with `name`."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True,
                       metadata=dict.fromkeys(("Date", "Creator", "Type", "Format")))
    text = file.getvalue()
    text = re.sub(r'<svg[^>]* viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">',
                  text[text.index("<svg"):], count=1)
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.S)  # it would apply to the page
    text = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", text)  # ids of groups repeat in every plot and are unused
    text = text.replace("xlink:href", "href")
    for stand_in, variable in STAND_INS.items():
        text = text.replace(stand_in, f"var({variable})")
    return text
