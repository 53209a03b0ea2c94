"""The report as the step summary of a GitHub Actions job, if it runs in one."""

from __future__ import annotations

import os

from compare.reporting.outputs import write_all
from compare.reporting.schema import Record

VARIABLE = "GITHUB_STEP_SUMMARY"
NAME = "the step summary"


def write(record: Record) -> list[str]:
    """Appends the report of a run that was done before; returns a sentence if that is not possible."""
    return write_all({NAME: append}, record)


def append(record: Record) -> None:
    """Appends the report to the file that `VARIABLE` names, if there is one."""
    if place := os.environ.get(VARIABLE):
        from compare.reporting import report  # which needs a fifth of a second
        with open(place, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report.markdown(record))
