"""Writes the outputs of an upgrade into its folder: the record, and the reports of each comparison as its own run."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from compare.analysis.upgrade import Comparison
from compare.execution.files import write_text
from compare.reporting import run_folder, upgrade, upgrade_text
from compare.reporting.outputs import write_all
from compare.reporting.past_runs import RESULT
from compare.reporting.programs import facts as of_programs
from compare.reporting.programs import folder as of_program
from compare.reporting.record import record
from compare.reporting.upgrade import Facts, Measured


def write(facts: Facts, measurements: Collection[Measured], folder: Path, command: str) -> list[str]:
    """Writes all outputs; returns one sentence per output that could not be written."""
    problems = write_all({RESULT: write_record}, facts, folder, command)
    for measured in measurements:
        problems += write_reports(measured.comparison, folder / measured.framework, command)
    return problems


def write_record(facts: Facts, folder: Path, command: str) -> None:
    """Writes result.json."""
    content = {**upgrade.record(facts, command), "text": upgrade_text.text(facts).record}
    write_text(folder / RESULT, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_reports(comparison: Comparison, folder: Path, command: str) -> list[str]:
    """Writes the report of each comparison, as `check` and a run do; returns what could not be written."""
    problems = []
    if comparison.checked is not None and comparison.checked.peeled is not None:
        folder.mkdir(parents=True, exist_ok=True)
        problems += of_program.write(of_programs.facts(comparison.checked), folder, command)
    for result in comparison.results:
        problems += run_folder.write(result, record(result))
    return problems
