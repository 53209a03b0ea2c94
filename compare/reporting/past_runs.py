"""Runs that were written before: where they lie, and the record of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from compare.execution.settings import UsageError
from compare.reporting.schema import SCHEMA, Record

RUNS = Path("runs")  # where runs lie that were given no folder
RESULT = "result.json"


def places(out: str | None, name: str) -> list[Path]:
    """Everything of this name in the run in `out`, or else in the newest run that has it: one for each scenario."""
    runs = [Path(out).expanduser()] if out else sorted(
        (path for path in RUNS.glob("*") if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    return next(filter(None, (_within(run, name) for run in runs)), [])


def chosen(out: str | None, name: str, scenarios: Sequence[str]) -> Path:
    """The one of these scenarios, or the only one. Raises UsageError where there is none, or more than one."""
    found = places(out, name)
    if not found:
        where = f"out is {out!r}, where" if out else f"In {str(RUNS)!r}"
        raise UsageError(f"{where} there is no finished run; train one, as in python -m compare scenario=lr_scaling, "
                         "or say where one is: out=FOLDER.")
    names = {place.parent.name: place for place in found}
    scenario = scenarios[0] if scenarios else None
    if len(found) > 1 and scenario not in names:
        raise UsageError(f"scenario is {scenario!r}, and {found[0].parent.parent} holds {', '.join(sorted(names))}; "
                         "name one of them.")
    return names[str(scenario)] if len(found) > 1 else found[0]


def records(out: str | None, scenarios: Sequence[str]) -> list[Record]:
    """The records of a run: of these scenarios, or of all. Raises UsageError where one cannot be read."""
    found = [chosen(out, RESULT, scenarios)] if scenarios else places(out, RESULT) or [chosen(out, RESULT, ())]
    return [_read(place) for place in found]


def _read(place: Path) -> Record:
    try:
        read_record = json.loads(place.read_text(encoding="utf-8"))
        schema = read_record["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place} cannot be read as the result of a run ({type(error).__name__}); run the scenario "
                         "again.") from error
    if schema != SCHEMA:
        raise UsageError(f"{place} has schema {schema}, and this version reads {SCHEMA}; run the scenario again.")
    record: Record = read_record
    return record


def _within(run: Path, name: str) -> list[Path]:
    """What a run has of this name: one, or one for each of its scenarios."""
    return [place for pattern in (name, f"*/{name}") for place in sorted(run.glob(pattern))]
