"""Finished runs: finds their folders and reads their records."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compare.execution.errors import UsageError
from compare.execution.misfit import misfit
from compare.reporting.schema import SCHEMA, AnswerRecord, Record

RUNS = Path("runs")  # the folder of runs without out=FOLDER
RESULT = "result.json"


def places(out: str | None, name: str) -> list[Path]:
    """Returns the paths of this name, one per scenario, in the run `out` or else in the newest run that has any."""
    runs = [Path(out).expanduser()] if out else sorted(
        (path for path in RUNS.glob("*") if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    return next(filter(None, (_within(run, name) for run in runs)), [])


def chosen(out: str | None, name: str, scenarios: Sequence[str]) -> Path:
    """Returns the path of this name that belongs to the first of `scenarios`, or the only one.

    Raises UsageError if there is none, or if there are several and `scenarios` does not name one of them.
    """
    paths = places(out, name)
    if not paths:
        where = f"out is {out!r}, where" if out else f"In {str(RUNS)!r}"
        raise UsageError(f"{where} there is no finished run; train one, as in python -m compare scenario=lr_scaling, "
                         "or name the folder of one: out=FOLDER.")
    by_scenario = {path.parent.name: path for path in paths}
    scenario = scenarios[0] if scenarios else None
    if len(paths) > 1 and scenario not in by_scenario:
        raise UsageError(f"scenario is {scenario!r}, and {paths[0].parent.parent} holds "
                         f"{', '.join(sorted(by_scenario))}; name one of them.")
    return by_scenario[str(scenario)] if len(paths) > 1 else paths[0]


def records(out: str | None, scenarios: Sequence[str]) -> list[Record]:
    """Returns the records of a run: of the first of `scenarios`, or of all. Raises UsageError if one is unreadable."""
    paths = [chosen(out, RESULT, scenarios)] if scenarios else places(out, RESULT) or [chosen(out, RESULT, ())]
    return [_read(path) for path in paths]


def checked(out: str | None) -> AnswerRecord | None:
    """Returns the text of a run of `check` or `upgrade`; None if the run is that of a scenario, or if there is none.

    Raises UsageError if it is unreadable.
    """
    paths = places(out, RESULT)
    data = _data(paths[0]) if paths else {}
    if not str(data.get("schema")).startswith(("check", "upgrade")):
        return None
    text: Any = data.get("text")
    _refuse_damaged(paths[0], text, AnswerRecord, "text")
    answer: AnswerRecord = text
    return answer


def _read(path: Path) -> Record:
    data = _data(path)
    if data["schema"] != SCHEMA:
        raise UsageError(f"{path} has schema {data['schema']}, and this version reads {SCHEMA}; run it again.")
    record: Record = data
    _refuse_damaged(path, record, Record, "result")
    return record


def _data(path: Path) -> Any:
    """The content of a result.json, which has a schema. Raises UsageError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        _ = data["schema"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as the result of a run ({type(error).__name__}); run it "
                         "again.") from error
    return data


def _refuse_damaged(path: Path, value: object, annotation: object, name: str) -> None:
    if place := misfit(value, annotation, name):
        raise UsageError(f"{path} was changed after it was written, or is damaged: its {place} is not as documented in "
                         "compare/reporting/schema.py; run it again.")


def _within(run: Path, name: str) -> list[Path]:
    """The paths of this name in a run: one in its folder, or one in the folder of each of its scenarios."""
    return [path for pattern in (name, f"*/{name}") for path in sorted(run.glob(pattern))] if os.path.isdir(run) else []
