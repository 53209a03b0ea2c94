"""A whole check: starts both workers, compares the programs and returns the facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from compare.analysis.programs import check, runs
from compare.analysis.programs.peeling import Reached
from compare.execution.errors import UsageError
from compare.execution.programs import Question
from compare.execution.workers import JobFailed
from compare.reporting.programs.facts import Facts, facts


def checked(question: Question, place: Path, reached: Reached = lambda what: None) -> Facts:
    """Compares the programs of a question; `place` gets the logs of the workers.

    Raises WorkerDied where a worker's process ends, and UsageError for data that cannot be used.
    """
    pair = runs.started(question, place / "runs")
    try:
        result = facts(check.check(pair, reached))
        return replace(result, environments=tuple(worker.environment for worker in pair.workers if worker.ready))
    except JobFailed as error:
        raise UsageError(f"A fault of this program, please report it:\n{error}") from None
    finally:
        runs.close(pair)
        for file in (place / "runs").glob("*.npz"):
            file.unlink()
