"""What the command `catalogue` prints: a line a row, and how far the whole of them is to be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Column, Table

from compare.analysis.attribution import title
from compare.analysis.catalogue import Entry, Judged
from compare.analysis.noise import FACTOR, FALSE_ALARMS
from compare.analysis.statistics import share_at_most
from compare.reporting.cause_text import listed

SHOWN = {True: "yes", False: "no", None: "refuses"}


def rows(judged: Judged) -> Table:
    """The rows of one family: what each framework does, whose it is, what makes it, and where two part first."""
    family = judged.family
    table = Table(Column(family.name, width=26), *(Column(title(name), max_width=13) for name in family.frameworks),
                  Column("belongs to", max_width=12), Column("made by (parts in)", overflow="fold", max_width=24),
                  title=family.title, title_justify="left")
    for entry in judged.entries:
        table.add_row(("! " if entry.surprises else "") + entry.row.title,
                      *(_answered(entry, name) for name in family.frameworks), entry.verdict.belongs_to,
                      " ".join(filter(None, [", ".join(entry.fields), _parts(entry)])))
    return table


def sentences(entries: Sequence[Entry], left_out: Mapping[str, str]) -> list[str]:
    """How many rows are as expected; what the rows that agree say of false alarms; what is not expressed, and why."""
    surprised = [entry for entry in entries if entry.surprises]
    agreeing = [entry for entry in entries if entry.row.agrees]
    accused = sum(entry.accused for entry in agreeing)
    found = [f"! {entry.row.name}: {'; '.join(entry.surprises)}." for entry in surprised]
    rows = "1 row" if len(entries) == 1 else f"{len(entries)} rows"
    found.append(f"{rows}, {len(entries) - len(surprised)} as expected.")
    if agreeing:
        found.append(
            f"False alarms: {accused} of {len(agreeing)} rows in which nothing differs. A gate opens at {FACTOR:.0f} "
            f"times the noise, which {FALSE_ALARMS[0]} of {FALSE_ALARMS[1]} random steps without a difference "
            f"reached; so at most {_any_of(len(agreeing)):.1%} of all runs accuse any of these rows (95 %).")
    by_reason = {reason: [name for name in left_out if left_out[name] == reason] for reason in left_out.values()}
    return found + [f"Not expressed, since {reason}: {listed(some)}." for reason, some in by_reason.items()]


def _any_of(rows: int) -> float:
    """How likely it is at most that a gate opens in any of so many rows without a reason."""
    return float(1 - (1 - share_at_most(*FALSE_ALARMS)) ** rows)


def _parts(entry: Entry) -> str:
    """Where two frameworks part first, and how far beside what rounding explains."""
    if not entry.stages:
        return ""
    stage = entry.stages[0]
    far = f", {stage.size / stage.noise:.0e} × noise" if 0 < stage.noise < stage.size < float("inf") else ""
    return f"({stage.name}{far})"


def _answered(entry: Entry, framework: str) -> str:
    answer = entry.answers[framework]
    number = entry.row.unit.format(answer.number) if answer.number == answer.number else ""
    return ", ".join(filter(None, [SHOWN[answer.holds], number]))
