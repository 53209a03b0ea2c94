"""Text about the settings that differ between both programs, and about their initial weights."""

from __future__ import annotations

from typing import Iterable, Sequence

from compare.analysis.programs.initialization import InitialDifference
from compare.analysis.programs.settings_table import Row

MOST = 12
"""The largest number of lines that are printed; report.html has the whole table."""


def differing(table: Sequence[Row]) -> list[str]:
    """One line per setting that differs; pairs of layers with the same difference share a line."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in table:
        if row.differs:
            alike.setdefault((row.setting, row.left, row.left_from, row.right, row.right_from), []).append(row.what)
    lines = [f"{several(what)}: {called(setting)}`{left}`{of(left_from)} against `{right}`{of(right_from)}"
             + ("; the defaults differ." if left_from == right_from == "default" else ".")
             for (setting, left, left_from, right, right_from), what in alike.items()]
    more = len(lines) - MOST
    return lines[:MOST] + ([f"{more} more in report.html."] if more > 0 else [])


def called(setting: str) -> str:
    """The name of a setting before its value; none before the name of a class."""
    return "" if setting == "name" else f"`{setting}` is "


def of(origin: str) -> str:
    """The source of a value, in parentheses."""
    return f" ({origin})" if origin else ""


def several(what: Sequence[str]) -> str:
    """The first of several places, and the number of the others."""
    return what[0] + (f" and {len(what) - 1} more" if len(what) > 1 else "")


MOST_WAYS = 8
"""The largest number of different initializations that are printed."""


def initial(differences: Iterable[InitialDifference]) -> list[str]:
    """One line for every way in which parameters are drawn differently, after a sentence of what that means."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for difference in differences:
        alike.setdefault((difference.role, *(drawn.name or str(drawn) for drawn in difference.drawn)), []).append(
            f"`{difference.left}`: {difference.drawn[0]} on the left; {difference.drawn[1]} on the right")
    lines = [texts[0] + (f"; the same holds for {len(texts) - 1} more." if len(texts) > 1 else ".")
             for texts in alike.values()]
    remark = "Here both began with the same weights, so no difference above comes from this; it matters when each " \
             "begins with its own."
    if len(lines) > MOST_WAYS + 1:
        lines[MOST_WAYS:] = [f"{len(lines) - MOST_WAYS} more differences of this kind are in result.json."]
    return [remark, *lines] if lines else []
