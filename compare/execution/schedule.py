"""How many workers each framework gets, so that its jobs, longest first, end early and no core waits at the end."""

from __future__ import annotations

import heapq
from typing import Mapping, Sequence

NEAR = 0.95
"""Fewer workers are better than an end that is less than 5 % earlier: each import costs time and memory."""


def workers(jobs: Mapping[str, Sequence[float]], running: Mapping[str, int], imports: Mapping[str, float], cores: int,
            more: int) -> dict[str, int]:
    """The number of workers of each framework, at least those that are running and at least one.

    `jobs` are the expected seconds of every job, `imports` those of importing a framework. So many workers run at once
    without waiting for each other as there are `cores`, and memory has room for so many `more`.
    """
    numbers = {framework: max(running[framework], 1) for framework in jobs}
    tried = [numbers]
    for _ in range(min(more, cores)):
        latest = max(jobs, key=lambda framework: _end_of(framework, jobs, running, imports, numbers[framework]))
        if numbers[latest] >= len(jobs[latest]):
            break
        numbers = {**numbers, latest: numbers[latest] + 1}
        tried.append(numbers)
    ends = [end(jobs, running, imports, cores, numbers) for numbers in tried]
    return next(numbers for numbers, seconds in zip(tried, ends) if NEAR * seconds <= min(ends))


def end(jobs: Mapping[str, Sequence[float]], running: Mapping[str, int], imports: Mapping[str, float], cores: int,
        numbers: Mapping[str, int]) -> float:
    """The expected seconds until the last job ends: those of the slowest framework, or of all work on all cores."""
    work = sum(sum(jobs[framework]) + imports[framework] * max(numbers[framework] - running[framework], 0)
               for framework in jobs)
    return max([work / cores, *(_end_of(framework, jobs, running, imports, numbers[framework]) for framework in jobs)])


def _end_of(framework: str, jobs: Mapping[str, Sequence[float]], running: Mapping[str, int],
            imports: Mapping[str, float], number: int) -> float:
    """When a framework's last job ends: each worker takes the longest job that is left as soon as it is idle."""
    idle = [0.0] * min(running[framework], number) + [imports[framework]] * (number - running[framework])
    heapq.heapify(idle)
    for seconds in sorted(jobs[framework], reverse=True):
        heapq.heappush(idle, heapq.heappop(idle) + seconds)
    return max(idle)
