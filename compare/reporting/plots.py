"""Plots as SVG that stands inside a page: text stays text, and colours are the page's own, light or dark.

matplotlib draws with colours that nothing else has; they become the variables `--ink`, `--grid` and `--side-0`, … of
the page's style. Without pyplot, which would look for a screen.
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
from frameworks.runtime.trace import Trace
from scenarios.scenario import Variant

SIDES = 8  # colours of frameworks
STAND_INS = {"#0a0b0c": "--ink", "#0a0b0d": "--grid", **{f"#0a0c{i:02x}": f"--side-{i}" for i in range(SIDES)}}
INK, GRID, *COLOURS = STAND_INS
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "text.color": INK, "axes.edgecolor": GRID, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6,
    "axes.titlesize": 11, "axes.titlelocation": "left", "axes.titley": 1.03}
PLACE = (0.15, 0.17, 0.82, 0.7)
"""Left, bottom, width and height of the axes: laid out by hand, since matplotlib takes longer for it than to draw."""
BINS = 200  # stretches across a plot of single steps
FAR = 20.0  # losses further apart than this are drawn on a logarithmic scale
LEAST = 1e-6  # of the largest loss: what is smaller is not shown on it

Curves = Mapping[str, Sequence[np.ndarray]]
"""By framework: one curve for each seed."""


def of_variant(result: Result, variant: Variant) -> list[str]:
    """Loss and accuracy by epoch, and the loss of every step, of one variant; none where nobody trained it."""
    sides = {name: [trace for (which, _), trace in traces.items() if which == variant.name]
             for name, traces in result.traces.items()}
    if not any("reported/train/loss" in trace for traces in sides.values() for trace in traces):
        return []
    with matplotlib.rc_context(STYLE):
        figures = [Figure(figsize=(4.2, 2.9)) for _ in range(3)]
        loss, accuracy, steps = (figure.add_axes(PLACE) for figure in figures)
        for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
            asked = variant.reported.get(f"reported/train/{name}", ()) if result.mnist else ()
            _by_epoch(axes, _curves(sides, f"reported/train/{name}"), asked)
            axes.set_title(f"training {name}")
        _by_step(steps, sides)
        return [_svg(figure, f"{variant.name} {place}") for place, figure in enumerate(figures)]


def legend(result: Result) -> list[tuple[str, str]]:
    """(what is drawn, the variable of its colour), in the order of the plots."""
    return [(title(name), f"--side-{i % SIDES}") for i, name in enumerate(result.traces)]


def _curves(sides: Mapping[str, Sequence[Trace]], name: str) -> Curves:
    return {side: [np.asarray(trace[name], float) for trace in traces if name in trace]
            for side, traces in sides.items()}


def _by_epoch(axes: Axes, curves: Curves, asked: Sequence[float | None]) -> None:
    """A line for each framework, with the range over starts behind it, and the question's own numbers as rings."""
    for i, several in enumerate(curves.values()):
        if several:
            low, middle, high = _over_starts(several)
            epochs = np.arange(1, len(middle) + 1)
            marker = "o" if len(middle) == 1 else ""
            axes.plot(epochs, middle, color=COLOURS[i % SIDES], linewidth=1.8, marker=marker, markersize=5)
            if len(several) > 1:
                axes.fill_between(epochs, low, high, color=COLOURS[i % SIDES], alpha=0.2, linewidth=0)
    known = [(epoch, value) for epoch, value in enumerate(asked, 1) if value is not None]
    if known:
        axes.plot(*zip(*known), "o", markerfacecolor="none", markeredgecolor=INK, markersize=5)
    drawn = [curve for several in curves.values() for curve in several]
    _scale(axes, [value for curve in drawn for value in curve] + [value for _, value in known],
           [curve[0] for curve in drawn if curve.size])
    axes.set_xlabel("epoch")


def _by_step(axes: Axes, sides: Mapping[str, Sequence[Trace]]) -> None:
    """Of the first start: for every stretch of steps the median loss, and behind it where 80 % of the losses lie."""
    drawn: list[float] = []
    firsts: list[float] = []
    for i, traces in enumerate(sides.values()):
        losses = np.asarray(traces[0]["step/loss"], float) if traces and "step/loss" in traces[0] else np.zeros(0)
        if losses.size:
            stretches = np.array_split(losses, min(BINS, losses.size))
            ends = np.cumsum([part.size for part in stretches])
            low, middle, high = np.array([_quantiles(part) for part in stretches]).T
            axes.fill_between(ends, low, high, color=COLOURS[i % SIDES], alpha=0.25, linewidth=0)
            axes.plot(ends, middle, color=COLOURS[i % SIDES], linewidth=1.3, marker="o" if len(ends) == 1 else "")
            drawn += [*middle, *high]
            firsts.append(losses[0])
    _scale(axes, drawn, firsts)
    axes.set_title("loss of single steps")
    axes.set_xlabel("step")


def _over_starts(several: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(least, median, greatest) over starts of as many epochs as all have."""
    length = min(map(len, several))
    values = np.array([curve[:length] for curve in several])
    return values.min(0), np.median(values, axis=0), values.max(0)


def _quantiles(part: np.ndarray) -> np.ndarray:
    """What 10, 50 and 90 % of the finite losses of a stretch lie below."""
    known = part[np.isfinite(part)]
    return np.quantile(known, (0.1, 0.5, 0.9)) if known.size else np.full(3, np.nan)


def _scale(axes: Axes, values: Sequence[float], firsts: Sequence[float]) -> None:
    """A logarithmic scale where numbers lie far apart, on which 0 has no place; it shows what curves begin with."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    if not np.isfinite(np.array(values)).any():
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no finite number", ha="center", va="center", transform=axes.transAxes)
    known = np.array([value for value in values if np.isfinite(value) and value > 0])
    if known.size and known.max() > FAR * known.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        begun = min((value for value in firsts if np.isfinite(value) and value > 0), default=known.max())
        axes.set_ylim(max(known.min(), min(known.max() * LEAST, begun)) / 2, known.max() * 2)


def _svg(figure: Figure, name: str) -> str:
    """The picture alone, without a header or date, in the page's colours; its ids are made from its name."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True,
                       metadata=dict.fromkeys(("Date", "Creator", "Type", "Format")))
    text = file.getvalue()
    text = re.sub(r'<svg[^>]* viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">',
                  text[text.index("<svg"):], count=1)
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.S)  # it would be the whole page's
    text = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", text)  # of groups, the same in every picture; nothing refers to them
    text = text.replace("xlink:href", "href")
    for stand_in, variable in STAND_INS.items():
        text = text.replace(stand_in, f"var({variable})")
    return text
