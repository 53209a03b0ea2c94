"""The cost of a check: time, processor seconds and memory of both programs and of the comparison."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Mapping

from compare.analysis.programs.description import Run
from frameworks.runtime.training import peak_mb


@dataclass(frozen=True)
class Used:
    """The resources that one process has used so far."""

    processor: float = 0.0
    """Processor seconds, including imports."""
    peak_mb: int = 0


@dataclass(frozen=True)
class Cost:
    """The cost of a check."""

    seconds: float
    runs: int
    left: Used
    right: Used
    comparison: Used
    """This process."""


def of_run(run: Run, before: Used) -> Used:
    """The resources that a worker has used after a run; a new worker begins at 0."""
    facts: Mapping[str, Any] = run.trace.facts  # those of the verb `program`
    used = Used(facts["processor"], facts["peak_mb"])
    earlier = before.processor if used.processor < before.processor else 0.0
    return Used(earlier + used.processor, max(before.peak_mb, used.peak_mb))


def of_this_process() -> Used:
    """The resources that this process has used."""
    return Used(time.process_time(), peak_mb())
