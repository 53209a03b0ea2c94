"""The workers of a run and the trials they train side by side."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping

from compare.execution.trials import Trial
from compare.execution.workers import Event, JobFailed, Worker, WorkerDied
from frameworks.runtime.trace import Trace, read

ATTEMPTS = 2  # of one job, each in a worker of its own

OnEvent = Callable[[Trial, Event], None]


class WorkerPool:
    """Warm workers by framework; one that dies is replaced. Use it in a `with` statement.

    The job of a worker that died is tried once more, unless it took too long; only then the training counts as dead.
    """

    def __init__(self, frameworks: Iterable[str], folder: Path, device: str, threads: int) -> None:
        """Starts every worker at once, so that they import side by side; `folder` gets their logs."""
        self._start = lambda framework: Worker(framework, folder, device, threads)
        self._workers = {framework: [self._start(framework)] for framework in frameworks}
        self._closed = threading.Event()
        self.environments: dict[str, Mapping[str, Any]] = {}

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers, also while they train."""
        self._closed.set()
        for worker in (worker for workers in self._workers.values() for worker in workers):
            worker.process.kill()
            worker.close()

    def ensure_workers(self, framework: str, number: int) -> None:
        """Sees to it that there are at least so many workers of a framework."""
        workers = self._workers.setdefault(framework, [])
        workers += [self._start(framework) for _ in range(number - len(workers))]

    @property
    def ready(self) -> float:
        """When the last of the frameworks was imported, by time.monotonic()."""
        return max((worker.ready for workers in self._workers.values() for worker in workers), default=0.0)

    def work(self, jobs: Mapping[Trial, Mapping[str, Any]], limit: float, on_event: OnEvent,
              finished: Callable[[Trial, Trace], None]) -> None:
        """Does the jobs of all trials, in their order within each framework; `finished` gets each trace as it comes."""
        if not jobs:
            return
        queues = {framework: deque(trial for trial in jobs if trial.framework == framework)
                  for framework in {trial.framework for trial in jobs}}
        places = [(framework, place) for framework in queues for place in range(len(self._workers[framework]))]
        with ThreadPoolExecutor(len(places)) as pool:
            waiting = [pool.submit(self._from, queues[framework], place, jobs, limit, on_event, finished)
                       for framework, place in places]
            try:
                for done in waiting:
                    done.result()
            except BaseException:  # an interrupt too: end the workers, or the pool would wait for them
                self.close()
                raise

    def _from(self, queue: deque[Trial], place: int, jobs: Mapping[Trial, Mapping[str, Any]], limit: float,
              on_event: OnEvent, finished: Callable[[Trial, Trace], None]) -> None:
        while not self._closed.is_set():
            try:
                trial = queue.popleft()
            except IndexError:
                return
            trace = self._one(trial, place, jobs[trial], limit, on_event)
            if not self._closed.is_set():
                finished(trial, trace)

    def _one(self, trial: Trial, place: int, job: Mapping[str, Any], limit: float, on_event: OnEvent) -> Trace:
        for _ in range(ATTEMPTS):
            try:
                worker = self._living(trial.framework, place)
                self.environments[trial.framework] = worker.environment
                worker.run(job, lambda event: on_event(trial, event), limit)
                return read(job["out"])
            except WorkerDied as death:
                message = str(death)
                if death.late or self._closed.is_set():
                    break
            except JobFailed as fault:
                message = f"A fault of this program, please report it:\n{fault}"
                break
        return Trace({"spec": job["spec"], "outcome": {"kind": "died", "step": 0, "message": message}}, {})

    def _living(self, framework: str, place: int) -> Worker:
        """The worker of a place; a new one where it has ended."""
        workers = self._workers[framework]
        if workers[place].process.poll() is not None:
            workers[place].close()
            workers[place] = self._start(framework)
        return workers[place]


def worker_errors(traces: Iterable[Trace]) -> tuple[str, ...]:
    """What is told of trainings whose worker died or failed."""
    outcomes = [trace.outcome for trace in traces]
    return tuple(dict.fromkeys(str(one["message"]) for one in outcomes if one["kind"] == "died"))
