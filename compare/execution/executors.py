"""Where the workers of a run are: processes of this machine, or on the nodes of a Ray cluster."""

from __future__ import annotations

from pathlib import Path

from compare.execution import identity, room
from compare.execution.executor import Executor, TrialWorker
from compare.execution.identity import Identity
from compare.execution.settings import Settings
from compare.execution.workers import Worker


class LocalExecutor:
    """Workers are processes of this machine."""

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self, framework: str, folder: Path, device: str, threads: int) -> TrialWorker:
        return Worker(framework, folder, device, threads)

    def identity(self, framework: str, device: str, threads: int) -> Identity:
        return identity.identity(framework, device, threads)

    def capacity(self, threads: int) -> tuple[int, int]:
        return room.capacity(threads)

    def close(self) -> None:
        pass


LOCAL = LocalExecutor()


def chosen_executor(settings: Settings) -> Executor:
    """The executor that the settings name. Raises UsageError."""
    if settings.executor == "local":
        return LOCAL
    from compare.execution.on_ray.executor import RayExecutor
    return RayExecutor(settings.ray.address)
