"""The golden entry of two compared programs: their settings, their differences, and their losses."""

from __future__ import annotations

from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.pytest_plugin import model
from compare.pytest_plugin.golden_entry import LOSSES, MODEL, RUN, VERSIONS, Entry, number_text, series_of, versions
from compare.reporting.cause_text import listed
from compare.reporting.programs.facts import Facts


def series(facts: Facts) -> str:
    """The key of an entry: the packages of both programs with major and minor version."""
    return series_of(facts.environments)


def entry(facts: Facts) -> Entry:
    """The result of a comparison as the content of a block."""
    items = {f"{place}. {item.stage}": f"{listed(item.where)}: " + (
        " ".join(cause.cause for cause in item.causes) or "unexplained") for place, item in enumerate(facts.items, 1)}
    settings = {item.what: f"{item.left} and {item.right}" for item in facts.settings}
    optional = {"differences": items, "settings": settings}
    return {RUN: f"{' and '.join(facts.titles)}, {facts.steps} steps of {facts.batch} samples",
            VERSIONS: versions(facts.environments),
            MODEL: dict(zip(facts.titles, map(model.of_program, facts.programs))),
            LOSSES: {title: _losses(losses, facts.rounding) for title, losses in
                     zip(facts.titles, facts.losses.get("ported", ()))},
            "verdict": str(facts.verdict), **{name: part for name, part in optional.items() if part}}


def _losses(losses: list[float], rounding: float) -> Entry:
    """The loss of the first and of the last step; `rounding` is the part of it that rounding alone was measured to
    change."""
    part = FACTOR * max(rounding, UNIT)
    return {f"{title} step": number_text(losses[place], part * abs(losses[place]))
            for title, place in (("first", 0), ("last", -1)) if losses}
