"""`python -m compare show`: prints the answer of a finished run again."""

from __future__ import annotations

from typing import Sequence

from compare.commands.exit_codes import ExitCode
from compare.execution.settings import read


def main(arguments: Sequence[str]) -> ExitCode:
    """Prints the answer from `result.json` of each chosen run."""
    settings = read(arguments, scenario=False, trains=False)
    from compare.reporting import console, past_runs
    if text := past_runs.checked(settings.out):
        console.print_answer(text, {}, console.console())
        return ExitCode.OK
    for record in past_runs.records(settings.out, settings.scenario):
        console.print_result(record, console.console())
    return ExitCode.OK
