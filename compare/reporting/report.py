"""The report of a run, made from its record: one page that needs nothing else, and the same as Markdown."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypedDict

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from compare.analysis.attribution import title
from compare.reporting.answer import begun
from compare.reporting.cause_text import listed
from compare.reporting.console import thinned
from compare.reporting.schema import CauseRecord, Record, VariantRecord
from compare.reporting.step_schema import Number
from frameworks.codegen.program import INSTEAD, QUIRK

MOST_EPOCHS = 40
PARTS = {"train": "training", "test": "test"}


class Table(TypedDict):
    """The numbers of one variant by epoch: loss / accuracy, the question's own first."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


def page(record: Record, pictures: dict[str, list[str]], legend: Sequence[tuple[str, str]]) -> str:
    """The record as one page, with SVG pictures by variant; `legend` has what is drawn and its colour's variable."""
    return _templates(autoescape=True).get_template("report.html.j2").render(
        record=record, pictures={name: [Markup(one) for one in some] for name, some in pictures.items()}, legend=legend,
        style=Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8")))


def markdown(record: Record) -> str:
    """The record as Markdown."""
    return _templates(autoescape=False).get_template("report.md.j2").render(record=record)


def epochs_text(record: Record, variant: VariantRecord) -> list[Table]:
    """The variant's numbers epoch by epoch, training and test; where there are several starts, the median and range."""
    sides = list(dict.fromkeys(one["framework"] for one in variant["trainings"]))
    tables: list[Table] = []
    for part, words in PARTS.items():
        names = f"reported/{part}/loss", f"reported/{part}/accuracy"
        asked = [variant["reported"].get(name, []) for name in names]
        ours = [[[one["reported"].get(name.removeprefix("reported/"), []) for one in variant["trainings"]
                  if one["framework"] == side] for name in names] for side in sides]
        longest = max((len(curve) for side in ours for several in side for curve in several), default=0)
        rows = [[str(epoch), *([_pair([[curve] for curve in asked], epoch)] if any(asked) else []),
                 *(_pair(side, epoch) for side in ours)] for epoch in _shown(asked[0], longest)]
        if rows:
            over = f", the median of {len(record['seeds'])} starts and their range" if len(record["seeds"]) > 1 else ""
            tables.append({"caption": f"{words} loss / accuracy{over}", "rows": rows,
                           "columns": ["epoch", *(["you"] if any(asked) else []), *map(title, sides)]})
    return tables


def shown_number(value: Number) -> str:
    """A number as people read it."""
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def with_code(words: str) -> Markup:
    """Words as HTML, of which what stands in backticks is code."""
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else part
                           for place, part in enumerate(words.split("`")))


def claims(record: Record) -> list[tuple[str, str, str]]:
    """(a given answer, what was found of it, where) of all frameworks together that found the same."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in record["claims"]:
        found.setdefault((one["text"], one["words"], one["about"]), []).append(title(one["framework"]))
    return [(text, words, f"{about}, with {listed(names)}") for (text, words, about), names in found.items()]


def ends(variant: VariantRecord) -> list[dict[str, Any]]:
    """How trainings ended that were not carried through, with the starts that ended alike."""
    found: dict[tuple[str, str, int, str], list[int]] = {}
    for one in variant["trainings"]:
        kind, step, message = (one["outcome"][key] for key in ("kind", "step", "message"))
        if kind not in ("finished", "stopped"):
            found.setdefault((one["framework"], kind, step, message), []).append(one["seed"])
    return [{"framework": framework, "kind": kind, "step": step + 1, "message": message,
             "starts": f", start{'s' * (len(seeds) > 1)} {listed(map(str, seeds))}" if len(
                 {one["seed"] for one in variant["trainings"]}) > 1 else ""}
            for (framework, kind, step, message), seeds in found.items()]


def sides(record: Record, cause: CauseRecord) -> str:
    """Who shows it and who does not, and in which variants where these differ."""
    behaviour = next(one for one in record["behaviours"] if one["name"] == cause["behaviour"])
    if not cause["contrast"]:
        return f"with {title(cause['with_behaviour'])}, not with {title(cause['without'])}"
    other = f"with {title(cause['without'])} " if cause["without"] != cause["with_behaviour"] else ""
    return (f"with {title(cause['with_behaviour'])} in {listed(behaviour['variants'])}, "
            f"not {other}in {cause['contrast']}")


def bars(cause: CauseRecord) -> list[dict[str, Any]]:
    """Each field's share of a gap as a bar: left edge, width and zero in percent of the whole."""
    means = {path: sum(shares) / len(shares) for path, shares in cause["shares"].items()}
    low, high = min([0.0, *means.values()]), max([1.0, *means.values()])
    place = lambda value: 100 * (value - low) / (high - low)
    return [{"path": path, "left": place(min(0.0, mean)), "width": abs(place(mean) - place(0.0)), "zero": place(0.0),
             "text": f"{mean:.0%}" if len(cause["shares"][path]) == 1 else
             f"{mean:.0%} ({min(cause['shares'][path]):.0%} to {max(cause['shares'][path]):.0%})"}
            for path, mean in means.items()]


def coloured(text: str) -> Markup:
    """A program as HTML: its syntax, and the lines of a quirk, with the line that it is about, marked."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer
    lines = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    marked: list[str] = []
    inside = False
    for plain, line in zip(text.rstrip("\n").split("\n"), lines, strict=True):
        comment = plain.lstrip().startswith(("# ", "#   "))
        inside = plain.lstrip().startswith((QUIRK, INSTEAD)) or (inside and comment)
        about = bool(marked) and marked[-1].startswith('<span class="quirk">') and not comment
        kind = "quirk" if inside else "about" if about else "line"
        marked.append(f'<span class="{kind}">{line or " "}</span>')
    return Markup("".join(marked))


def _templates(autoescape: bool) -> Environment:
    made = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=autoescape, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    made.globals.update(title=title, epochs_text=epochs_text, bars=bars, begun=begun,
                        claims=claims, ends=ends, sides=sides, coloured=coloured, with_code=with_code,
                        number=shown_number)
    made.filters.update(cell=lambda text: html.escape(text, quote=False).replace("|", "\\|").replace("\n", " "))
    return made


def _shown(asked: Sequence[Number], longest: int) -> list[int]:
    """The epochs that were asked about, or else all, and always our first and last; `MOST_EPOCHS` at most.

    Of those that were asked about, the ones that were trained, where there are any.
    """
    given = [epoch for epoch, value in enumerate(asked, 1) if value is not None]
    trained = [epoch for epoch in given if epoch <= longest] or given or list(range(1, longest + 1))
    epochs = sorted({epoch for epoch in [1, *trained, longest] if epoch}) if longest else []
    return thinned(epochs, longest, MOST_EPOCHS)


def _pair(curves: Sequence[Sequence[Sequence[Number]]], epoch: int) -> str:
    """Loss / accuracy of one epoch, each from one curve for each start."""
    record = [_text_over_seeds([curve[epoch - 1] for curve in several if epoch <= len(curve)], form)
            for several, form in zip(curves, ("{:.4g}", "{:.4f}"))]
    return " / ".join(record) if all(record) else "–"


def _text_over_seeds(values: Sequence[Number], form: str) -> str:
    known = [float(value) for value in values if value is not None]
    if not known:
        return ""
    middle, ends = form.format(median(known)), [form.format(of(known)) for of in (min, max)]
    return middle if ends[0] == ends[1] else f"{middle} ({ends[0]} to {ends[1]})"
