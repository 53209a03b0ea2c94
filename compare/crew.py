"""The workers of a run, one per framework, and the trials they train side by side."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping

from compare.trials import Trial
from compare.workers import Event, JobFailed, Worker, WorkerDied
from frameworks.trace import Trace, read

Listen = Callable[[Trial, Event], None]


class Crew:
    """Warm workers by framework; one that dies is replaced for the next trial. Use it in a `with` statement."""

    def __init__(self, frameworks: Iterable[str], folder: Path, device: str, threads: int) -> None:
        """Starts every worker at once, so that they import side by side; `folder` gets their logs."""
        self._start = lambda framework: Worker(framework, folder, device, threads)
        self._workers = {framework: self._start(framework) for framework in frameworks}
        self._closed = threading.Event()
        self.environments: dict[str, Mapping[str, Any]] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers, also while they train."""
        self._closed.set()
        for worker in self._workers.values():
            worker.process.kill()
            worker.close()

    def train(self, jobs: Mapping[Trial, Mapping[str, Any]], limit: float, listen: Listen,
              finished: Callable[[Trial, Trace], None]) -> None:
        """Trains all trials, in their order within each framework; `finished` gets each trace as it comes."""
        queues = {framework: [trial for trial in jobs if trial.framework == framework] for framework in self._workers}
        with ThreadPoolExecutor(len(queues)) as pool:
            waiting = [pool.submit(self._work, queue, jobs, limit, listen, finished) for queue in queues.values()]
            try:
                for done in waiting:
                    done.result()
            except BaseException:  # an interrupt too: end the workers, or the pool would wait for them
                self.close()
                raise

    def _work(self, queue: list[Trial], jobs: Mapping[Trial, Mapping[str, Any]], limit: float, listen: Listen,
              finished: Callable[[Trial, Trace], None]) -> None:
        for trial in queue:
            if self._closed.is_set():
                return
            trace = self._one(trial, jobs[trial], limit, listen)
            if not self._closed.is_set():
                finished(trial, trace)

    def _one(self, trial: Trial, job: Mapping[str, Any], limit: float, listen: Listen) -> Trace:
        worker = self._workers[trial.framework]
        if worker.process.poll() is not None:
            worker.close()
            worker = self._workers[trial.framework] = self._start(trial.framework)
        try:
            self.environments[trial.framework] = worker.environment
            worker.run(job, lambda event: listen(trial, event), limit)
            return read(job["out"])
        except WorkerDied as death:
            message = str(death)
        except JobFailed as fault:
            message = f"A fault of this program, please report it:\n{fault}"
        return Trace({"spec": job["spec"], "outcome": {"kind": "died", "step": 0, "message": message}}, {})
