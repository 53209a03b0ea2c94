"""The interface of an executor, which starts the workers of a run, and of a worker, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Protocol

from compare.execution.identity import Identity
from compare.execution.workers import Event
from frameworks.environment import Environment
from frameworks.job import Job


class TrialWorker(Protocol):
    """Runs the jobs of one framework, one after the other: `workers.Worker`, or `on_ray.worker.RayWorker`."""

    @property
    def environment(self) -> Environment:
        """What the worker reports when its framework is imported. Raises WorkerDied and UsageError."""

    @property
    def ready(self) -> float:
        """The time.monotonic() at which its framework was imported; 0 before."""

    @property
    def growth(self) -> int:
        """By how many MB its memory has grown since its framework was imported."""

    @property
    def ended(self) -> bool:
        """Whether it can run no more jobs."""

    def run(self, job: Job, on_event: Callable[[Event], None], limit: float) -> None:
        """Runs a job within `limit` seconds; its trace is then at job["out"].

        Raises WorkerDied, JobFailed, and NotWritten if its trace cannot be written.
        """

    def kill(self) -> None:
        """Ends it at once, even during a job of another thread."""

    def close(self) -> None:
        """Ends it, and removes what it has left."""


class Executor(Protocol):
    """Starts workers. Use it in a `with` statement, or call `close`."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *error: object) -> None: ...

    def start(self, framework: str, folder: Path, device: str, threads: int) -> TrialWorker:
        """Starts a worker, without waiting for its imports; `folder` can get its log. Raises UsageError."""

    def identity(self, framework: str, device: str, threads: int) -> Identity:
        """What every worker of a framework is. Raises NoIdentity."""

    def capacity(self, threads: int) -> tuple[int, int]:
        """(how many workers run at once without waiting for each other, for how many more there is memory)."""

    def close(self) -> None:
        """Ends what it has started, beside the workers."""
