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


class EndedEarly(Exception):
    """A comparison was ended by Ctrl-C, or by a disk that is full or gone: `reason` is that exception, and `facts` is
    what was found until then."""

    def __init__(self, facts: Facts, reason: BaseException) -> None:
        super().__init__(str(reason))
        self.facts, self.reason = facts, reason


def checked(question: Question, place: Path, reached: Reached = lambda what: None) -> Facts:
    """Compares the programs of a question; `place` gets the logs of the workers.

    Raises WorkerDied where a worker's process ends, UsageError for data that cannot be used, and EndedEarly.
    """
    pair = runs.started(question, place / "runs")
    try:
        result = check.check(pair, reached)
        answer = replace(facts(result), environments=tuple(worker.environment for worker in pair.workers
                                                           if worker.ready))
        if result.ended_by is not None:
            raise EndedEarly(answer, result.ended_by)
        return answer
    except JobFailed as error:
        raise UsageError(f"A fault of this program, please report it:\n{error}") from None
    finally:
        runs.close(pair)
        for file in (place / "runs").glob("*.npz"):
            file.unlink(missing_ok=True)
