"""The report of a run, rendered from its record: one self-contained HTML page, and the same content as Markdown."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypedDict

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from compare.analysis.attribution import title
from compare.reporting.answer import begun, sentence
from compare.reporting.answer_plot import AnswerPlot
from compare.reporting.cause_schema import CauseRecord
from compare.reporting.cause_text import listed
from compare.reporting.console import thinned
from compare.reporting.schema import Record, VariantRecord
from compare.reporting.step_schema import Number
from compare.reporting.training_notes import chance_note
from frameworks.codegen.program import INSTEAD, QUIRK
from frameworks.runtime.trace import Outcome

MOST_EPOCHS = 40
PARTS = {"train": "training", "test": "test"}


class Table(TypedDict):
    """Loss / accuracy of one variant by epoch; the question's own numbers come first."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


class Figure(NamedTuple):
    """The plot under the verdict, and its SVG."""

    plot: AnswerPlot
    svg: str


def page(record: Record, pictures: dict[str, list[str]], legend: Sequence[tuple[str, str]],
         figure: Figure | None = None) -> str:
    """Returns the record as one HTML page.

    `pictures` holds the SVG plots of each variant, `legend` the title and the CSS colour variable of each framework.
    `figure` stands directly under the verdict.
    """
    return templates(autoescape=True).get_template("report.html.j2").render(
        record=record, pictures={name: [Markup(plot) for plot in plots] for name, plots in pictures.items()},
        legend=legend, style=style(), threads=threads_of(record),
        figure=figure and figure._replace(svg=Markup(figure.svg)))


def threads_of(record: Record) -> int:
    """Returns the number of threads of the run's frameworks, as far as they report a single one; else 1."""
    reported = [side["environment"].get("threads") for side in record["frameworks"]]
    return next((number for number in reported if isinstance(number, int)), 1)


def style() -> Markup:
    """The style sheet of every page."""
    return Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8"))


def markdown(record: Record) -> str:
    """Returns the record as Markdown."""
    return templates(autoescape=False).get_template("report.md.j2").render(record=record)


def epochs_text(record: Record, variant: VariantRecord) -> list[Table]:
    """Returns the tables of a variant's numbers by epoch, training and test; with several seeds, median and range."""
    frameworks = list(dict.fromkeys(training["framework"] for training in variant["trainings"]))
    tables: list[Table] = []
    for part, part_title in PARTS.items():
        names = f"reported/{part}/loss", f"reported/{part}/accuracy"
        reported = [variant["reported"].get(name, []) for name in names]
        ours = [[[training["reported"].get(name.removeprefix("reported/"), []) for training in variant["trainings"]
                  if training["framework"] == framework] for name in names] for framework in frameworks]
        longest = max((len(curve) for side in ours for by_seed in side for curve in by_seed), default=0)
        rows = [[str(epoch), *([_pair([[curve] for curve in reported], epoch)] if any(reported) else []),
                 *(_pair(side, epoch) for side in ours)] for epoch in _shown(reported[0], longest)]
        if rows:
            over = f", the median of {len(record['seeds'])} seeds and their range" if len(record["seeds"]) > 1 else ""
            tables.append({"caption": f"{part_title} loss / accuracy{over}", "rows": rows,
                           "columns": ["epoch", *(["reported"] if any(reported) else []), *map(title, frameworks)]})
    return tables


def shown_number(value: Number) -> str:
    """Returns a number with six significant digits; strings stay as they are, None becomes empty."""
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def with_code(text: str) -> Markup:
    """Returns the text as HTML; text in backticks becomes code. A line does not break within an option such as `-m`."""
    def code(part: str) -> Markup:
        words = (Markup('<span class="option">{}</span>').format(word) if word.startswith("-") else escape(word)
                 for word in part.split(" "))
        return Markup("<code>{}</code>").format(Markup(" ").join(words))
    return Markup("").join(code(part) if i % 2 else part for i, part in enumerate(text.split("`")))


def claims(record: Record) -> list[tuple[str, str, str]]:
    """Returns (posted answer, judgement, behaviour and frameworks); equal judgements are combined."""
    judgements: dict[tuple[str, str, str], list[str]] = {}
    for claim in record["claims"]:
        judgements.setdefault((claim["text"], claim["outcome"], claim["about"]), []).append(title(claim["framework"]))
    return [(text, judgement, f"{about}, with {listed(names)}")
            for (text, judgement, about), names in judgements.items()]


def ends(variant: VariantRecord) -> list[dict[str, Any]]:
    """Returns the outcomes of trainings that failed; seeds with the same outcome are combined."""
    outcomes: dict[tuple[str, str, int, str], list[int]] = {}
    for training in variant["trainings"]:
        outcome = training["outcome"]
        if outcome["kind"] not in (Outcome.FINISHED, Outcome.STOPPED):
            key = training["framework"], outcome["kind"], outcome["step"], outcome["message"]
            outcomes.setdefault(key, []).append(training["seed"])
    several = len({training["seed"] for training in variant["trainings"]}) > 1
    return [{"framework": framework, "kind": kind, "step": step + 1, "message": message,
             "seeds": f", seed{'s' * (len(seeds) > 1)} {listed(map(str, seeds))}" if several else ""}
            for (framework, kind, step, message), seeds in outcomes.items()]


def chance_notes(variant: VariantRecord) -> list[tuple[str, str]]:
    """Returns (framework, note) for each framework with the accuracy of guessing at the end of its first training."""
    notes: dict[str, str] = {}
    for training in variant["trainings"]:
        losses, accuracies = ([float(value) for value in training["reported"].get(f"train/{kind}", [])
                               if value is not None] for kind in ("loss", "accuracy"))
        notes.setdefault(training["framework"],
                         chance_note(losses, accuracies, len(variant["spec"]["data"]["classes"])))
    return [(framework, note) for framework, note in notes.items() if note]


def sides(record: Record, cause: CauseRecord) -> str:
    """Returns which framework shows a behaviour and which does not, with the variants if these differ."""
    behaviour = next(behaviour for behaviour in record["behaviours"] if behaviour["name"] == cause["behaviour"])
    if not cause["contrast"]:
        return f"with {title(cause['with_behaviour'])}, not with {title(cause['without'])}"
    without = f"with {title(cause['without'])} " if cause["without"] != cause["with_behaviour"] else ""
    return (f"with {title(cause['with_behaviour'])} in {listed(behaviour['variants'])}, "
            f"not {without}in {cause['contrast']}")


def bars(cause: CauseRecord) -> list[dict[str, Any]]:
    """Returns each field's share of a difference as a bar: left edge, width and zero line in percent of the axis."""
    means = {path: sum(shares) / len(shares) for path, shares in cause["shares"].items()}
    low, high = min([0.0, *means.values()]), max([1.0, *means.values()])
    percent = lambda value: 100 * (value - low) / (high - low)
    return [{"path": path, "left": percent(min(0.0, mean)), "width": abs(percent(mean) - percent(0.0)),
             "zero": percent(0.0), "text": f"{mean:.0%}" if len(cause["shares"][path]) == 1 else
             f"{mean:.0%} ({min(cause['shares'][path]):.0%} to {max(cause['shares'][path]):.0%})"}
            for path, mean in means.items()]


def coloured(text: str) -> Markup:
    """Returns a program as highlighted HTML; marks comments about quirks and the code lines that they describe."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer
    lines = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    marked: list[str] = []
    inside = False
    for source, line in zip(text.rstrip("\n").split("\n"), lines, strict=True):
        comment = source.lstrip().startswith(("# ", "#   "))
        inside = source.lstrip().startswith((QUIRK, INSTEAD)) or (inside and comment)
        about = bool(marked) and marked[-1].startswith('<span class="quirk">') and not comment
        kind = "quirk" if inside else "about" if about else "line"
        marked.append(f'<span class="{kind}">{line or " "}</span>')
    return Markup("".join(marked))


def templates(autoescape: bool) -> Environment:
    """The templates of every page, and the functions that they use."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=autoescape,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                              keep_trailing_newline=True)
    environment.globals.update(title=title, epochs_text=epochs_text, bars=bars, begun=begun, claims=claims, ends=ends,
                               sides=sides, coloured=coloured, with_code=with_code, number=shown_number)
    environment.globals.update(sentence=sentence, chance_notes=chance_notes)
    environment.filters.update(
        cell=lambda text: html.escape(text, quote=False).replace("|", "\\|").replace("\n", " "))
    return environment


def _shown(reported: Sequence[Number], longest: int) -> list[int]:
    """The epochs to list: those with reported numbers, or else all; always the first and the last trained epoch.

    If any epochs with reported numbers were trained, only these are listed. The list has about `MOST_EPOCHS` at most.
    """
    given = [epoch for epoch, value in enumerate(reported, 1) if value is not None]
    trained = [epoch for epoch in given if epoch <= longest] or given or list(range(1, longest + 1))
    epochs = sorted({epoch for epoch in [1, *trained, longest] if epoch}) if longest else []
    return thinned(epochs, longest, MOST_EPOCHS)


def _pair(curves: Sequence[Sequence[Sequence[Number]]], epoch: int) -> str:
    """Loss / accuracy of one epoch; each of the two has one curve per seed."""
    texts = [_text_over_seeds([curve[epoch - 1] for curve in by_seed if epoch <= len(curve)], unit)
             for by_seed, unit in zip(curves, ("{:.4g}", "{:.4f}"))]
    return " / ".join(texts) if all(texts) else "–"


def _text_over_seeds(values: Sequence[Number], unit: str) -> str:
    """The median, with the range in parentheses if the values differ; `unit` is the format string."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return ""
    middle, low, high = (unit.format(statistic(known)) for statistic in (median, min, max))
    return middle if low == high else f"{middle} ({low} to {high})"
