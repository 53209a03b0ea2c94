"""The output of `python -m compare catalogue`: one table row per known difference, and the false-alarm rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from compare.analysis.attribution import title
from compare.analysis.catalogue import Entry, FamilyResult
from compare.analysis.noise import FACTOR, FALSE_ALARMS
from compare.analysis.statistics import share_at_most
from compare.reporting.cause_text import listed
from compare.reporting.console import plain_table

SHOWN = {True: "yes", False: "no", None: "refuses"}


def rows(result: FamilyResult) -> Table:
    """Returns the table of one family: answers of the frameworks, attribution, causes and first divergence."""
    family = result.family
    table = plain_table(family.name, *map(title, family.frameworks), "belongs to", "because of (differs first in)",
                        title=family.title)
    for entry in result.entries:
        table.add_row(("! " if entry.surprises else "") + entry.row.title,
                      *(_answer_text(entry, name) for name in family.frameworks), entry.verdict.belongs_to,
                      " ".join(filter(None, [", ".join(entry.fields), _first_divergence(entry)])))
    return table


def sentences(entries: Sequence[Entry], left_out: Mapping[str, str]) -> list[str]:
    """Returns the summary: surprises, number of rows as expected, false alarms, and what the catalogue leaves out.

    `left_out` maps the name of each difference that is not in the catalogue to the reason.
    """
    surprised = [entry for entry in entries if entry.surprises]
    agreeing = [entry for entry in entries if entry.row.agrees]
    accused = sum(entry.accused for entry in agreeing)
    lines = [f"! {entry.row.name}: {'; '.join(entry.surprises)}." for entry in surprised]
    count = "1 row" if len(entries) == 1 else f"{len(entries)} rows"
    lines.append(f"{count}, {len(entries) - len(surprised)} as expected.")
    if agreeing:
        lines.append(
            f"False alarms: {accused} of {len(agreeing)} rows in which nothing differs. A difference is flagged at "
            f"{FACTOR:.0f} times the measured rounding noise, which {FALSE_ALARMS[0]} of {FALSE_ALARMS[1]} random "
            f"steps without a difference exceeded; so at most {_false_alarm_rate(len(agreeing)):.1%} of all runs raise "
            "any false alarm (95 % confidence).")
    by_reason = {reason: [name for name in left_out if left_out[name] == reason] for reason in left_out.values()}
    return lines + [f"Not expressed, since {reason}: {listed(names)}." for reason, names in by_reason.items()]


def _false_alarm_rate(count: int) -> float:
    """Upper bound (95 %) of the probability that rounding alone makes any of `count` rows differ."""
    return float(1 - (1 - share_at_most(*FALSE_ALARMS)) ** count)


def _first_divergence(entry: Entry) -> str:
    """The first stage at which two frameworks differ, and the difference as a multiple of the rounding noise."""
    if not entry.stages:
        return ""
    stage = entry.stages[0]
    multiple = f", {stage.size / stage.noise:.0e} × noise" if 0 < stage.noise < stage.size < float("inf") else ""
    return f"({stage.name}{multiple})"


def _answer_text(entry: Entry, framework: str) -> str:
    answer = entry.answers[framework]
    number = entry.row.unit.format(answer.number) if answer.number == answer.number else ""
    return ", ".join(filter(None, [SHOWN[answer.holds], number]))
