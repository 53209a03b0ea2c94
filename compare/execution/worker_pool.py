"""The pool of worker processes that train the trials of a run in parallel."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterable, Iterator, Mapping

from compare.execution import duration, room, schedule
from compare.execution import reuse as reuse_of
from compare.execution.executor import Executor, TrialWorker
from compare.execution.executors import LOCAL, chosen_executor
from compare.execution.reuse import Reuse, events_of
from compare.execution.settings import Settings
from compare.execution.store import Notice
from compare.execution.threads import in_threads
from compare.execution.trials import Trial
from compare.execution.workers import Event, JobFailed, WorkerDied
from frameworks.environment import Environment
from frameworks.job import Job
from frameworks.runtime.trace import NotWritten, Outcome, Trace, read

ATTEMPTS = 2  # per job, each with another worker process
LOST = 5  # further attempts where a machine was lost

OnEvent = Callable[[Trial, Event], None]


class WorkerPool:
    """Worker processes by framework, with their frameworks imported. Use it in a `with` statement.

    A worker that ends is replaced, and its job is run once more, unless it exceeded the time limit. If that fails too,
    the trace has the outcome `died`. With `reuse`, what is stored is not run, and a worker starts when it is needed.
    """

    def __init__(self, frameworks: Iterable[str], folder: Path, device: str, threads: int,
                 reuse: Reuse | None = None, executor: Executor = LOCAL) -> None:
        """Starts one worker per framework, so that all import in parallel; `folder` gets their logs."""
        self._device, self._threads, self._executor = device, threads, executor
        self._start_worker = lambda framework: executor.start(framework, folder, device, threads)
        self._reuse, self._workers, self._requested = reuse, dict[str, list[TrialWorker]](), dict[str, int]()
        self._closed = threading.Event()
        self._starting = threading.Lock()
        """Held while a worker is started, so that none is started after `close`."""
        self._ended_by: Exception | None = None
        self.environments: dict[str, Environment] = {}
        """What the workers report, by framework: of those that are ready, or have a stored report."""
        self.worker_errors: list[str] = []
        """The messages of all jobs that no worker finished, whatever they were for."""
        for framework in frameworks:
            self.ensure_workers(framework, 1)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers, even during a training."""
        with self._starting:
            already = self._closed.is_set()
            self._closed.set()
        for worker in (worker for workers in self._workers.values() for worker in workers):
            worker.kill()
            worker.close()
        if self._reuse and not already:
            self._reuse.close()

    def ensure_workers(self, framework: str, number: int) -> None:
        """Gives a framework at least `number` workers. They start at once, unless its environment is stored: then they
        start with the first job that is not."""
        self._requested[framework] = max(number, self._requested.get(framework, 0))
        if framework not in self._workers:
            self._workers[framework] = []
            if environment := self._reuse and self._reuse.environment(framework):
                self.environments[framework] = environment
        if framework not in self.environments or self._workers[framework]:
            self._start_workers(framework, self._requested[framework])

    def _start_workers(self, framework: str, number: int) -> None:
        workers = self._workers[framework]
        with self._starting:
            if not self._closed.is_set():
                workers += [self._start_worker(framework) for _ in range(number - len(workers))]

    @property
    def ready(self) -> float:
        """The time.monotonic() at which the last framework was imported; 0 before."""
        return max((worker.ready for workers in self._workers.values() for worker in workers), default=0.0)

    @property
    def reused(self) -> int:
        """How many trainings and replays were taken from the store."""
        return self._reuse.reused if self._reuse else 0

    def _refuse_other_devices(self) -> None:
        """Waits until every framework is imported, if the run wants a GPU. Raises UsageError if one sees none."""
        for worker in (worker for workers in self._workers.values() for worker in workers):
            if self._device != "cpu":
                with contextlib.suppress(WorkerDied):  # its job is tried again, and then says why it ended
                    assert worker.environment

    def work(self, jobs: Mapping[Trial, Job], limit: float, on_event: OnEvent,
             finished: Callable[[Trial, Trace], None]) -> None:
        """Runs all jobs, each within `limit` seconds: of one framework, whole trainings first, and the longest first.

        `on_event` gets every event of a worker, `finished` each trace as soon as it is complete.
        """
        jobs = {trial: job for trial, job in jobs.items() if not self._is_stored(trial, job, on_event, finished)}
        if not jobs:
            return
        self._refuse_other_devices()  # before the others have trained for minutes
        seconds = {trial: duration.of_job(trial, job) for trial, job in jobs.items()}
        queues: dict[str, deque[Trial]] = {}
        for trial in sorted(jobs, key=lambda trial: (not trial.whole, -seconds[trial])):
            queues.setdefault(trial.framework, deque()).append(trial)
        self._start_enough({framework: [seconds[trial] for trial in queue] for framework, queue in queues.items()})
        self._refuse_closed()
        places = [(framework, place) for framework in queues for place in range(len(self._workers[framework]))]
        try:
            with in_threads(len(places), self.close) as pool:
                for future in [pool.submit(self._run_queue, queues[framework], place, jobs, limit, on_event, finished)
                               for framework, place in places]:
                    future.result()
        except Exception as error:
            self._ended_by = self._ended_by or error
            raise
        self._refuse_closed()

    def _refuse_closed(self) -> None:
        """Raises what ended the workers while another thread was training."""
        if self._closed.is_set():
            raise self._ended_by or WorkerDied("The workers of this run have ended.")

    def _start_enough(self, seconds: Mapping[str, list[float]]) -> None:
        """Starts the workers with which jobs of these expected durations end earliest, and those that are requested."""
        running = {framework: len(self._workers[framework]) for framework in seconds}
        numbers = schedule.workers(seconds, running, duration.import_seconds(seconds),
                                   *self._executor.capacity(self._threads))
        for framework, number in numbers.items():
            self._start_workers(framework, min(max(self._requested[framework], number), len(seconds[framework])))

    def _is_stored(self, trial: Trial, job: Job, on_event: OnEvent, finished: Callable[[Trial, Trace], None]) -> bool:
        """Whether a job's trace is stored; it is passed on as if the job had been run."""
        environment = self.environments.get(trial.framework)
        if not self._reuse or environment is None:
            return False
        trace = self._reuse.trace(self._reuse.key(trial, job, environment), job)
        if trace is None:
            return False
        for event in events_of(trace, trial.spec.training.epochs):
            on_event(trial, event)
        finished(trial, trace)
        return True

    def _run_queue(self, queue: deque[Trial], place: int, jobs: Mapping[Trial, Job], limit: float,
                   on_event: OnEvent, finished: Callable[[Trial, Trace], None]) -> None:
        """Runs the jobs of a queue in one worker until the queue is empty."""
        while not self._closed.is_set():
            try:
                trial = queue.popleft()
            except IndexError:
                return
            trace = self._run_job(trial, place, jobs[trial], limit, on_event)
            if not self._closed.is_set():
                finished(trial, trace)

    def _run_job(self, trial: Trial, place: int, job: Job, limit: float, on_event: OnEvent) -> Trace:
        """The trace of one job; its outcome is `died` where no attempt succeeds."""
        attempts = [ATTEMPTS, LOST]
        while all(attempts):
            try:
                worker = self._running_worker(trial.framework, place)
                if self._reuse:
                    self._reuse.is_ready(trial.framework, worker.environment, self.environments.get(trial.framework))
                    self.environments[trial.framework] = worker.environment
                    return self._trained(self._reuse, worker, trial, job, limit, on_event)
                self.environments[trial.framework] = worker.environment
                worker.run(job, lambda event: on_event(trial, event), limit)
                return read(job["out"])
            except WorkerDied as error:
                message = str(error)
                attempts[error.lost] -= 1
                if error.late or self._closed.is_set():
                    break
            except NotWritten as error:
                message = str(error)
                break
            except JobFailed as error:
                message = f"A fault of this program, please report it:\n{error}"
                break
        self.worker_errors.append(message)
        return Trace({"spec": job["spec"], "outcome": {"kind": Outcome.WORKER_DIED, "step": 0, "message": message}}, {})

    def _trained(self, reuse: Reuse, worker: TrialWorker, trial: Trial, job: Job, limit: float,
                 on_event: OnEvent) -> Trace:
        """The trace of a job, which another run may have stored by now; else it is run and stored."""
        key = reuse.key(trial, job, worker.environment)
        with reuse.training(key, limit, self._closed.is_set):
            trace = reuse.trace(key, job)
            if trace is None:
                worker.run(job, lambda event: on_event(trial, event), limit)
                trace = read(job["out"])
                reuse.keep(key, job, trace, trial.framework)
        return trace

    def _running_worker(self, framework: str, place: int) -> TrialWorker:
        """The worker at an index; it is replaced by a new one if its process has ended or has grown too large."""
        workers = self._workers[framework]
        with self._starting:
            if not self._closed.is_set() and (workers[place].ended or workers[place].growth > room.GROWTH):
                workers[place].close()
                workers[place] = self._start_worker(framework)
        return workers[place]


@contextmanager
def opened(settings: Settings, frameworks: Iterable[str], folder: Path, notice: Notice) -> Iterator[WorkerPool]:
    """Workers where the settings want them, with the store that the settings choose. Raises UsageError."""
    with chosen_executor(settings) as executor:
        stored = reuse_of.opened(settings, executor, folder, notice)
        with WorkerPool(frameworks, folder, settings.device, settings.threads, stored, executor) as pool:
            yield pool


def ignore(*what: object) -> None:
    """Does nothing with an event of a run."""


def traces_of(pool: WorkerPool, jobs: Mapping[Trial, Job], limit: float) -> dict[Trial, Trace]:
    """Runs all jobs, each within `limit` seconds, and returns their traces."""
    traces: dict[Trial, Trace] = {}
    pool.work(jobs, limit, ignore, traces.__setitem__)
    return traces


def worker_errors(traces: Iterable[Trace]) -> tuple[str, ...]:
    """The distinct error messages of trainings and replays that a worker did not finish."""
    outcomes = [trace.outcome for trace in traces if "outcome" in trace.facts]  # a finished replay has none
    return tuple(dict.fromkeys(str(outcome["message"]) for outcome in outcomes
                               if outcome["kind"] == Outcome.WORKER_DIED))
