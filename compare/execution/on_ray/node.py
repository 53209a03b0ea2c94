"""What runs on a node of a Ray cluster: an actor that owns one of our worker processes.

The worker process is the same as on this machine, so that its interpreter needs no Ray and can be Python 3.6. Files of
a job come by content: a node keeps them under their sha256, and fetches each once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Union

from compare.execution.cache import cache_folder
from compare.execution.environments import not_installed
from compare.execution.errors import UsageError
from compare.execution.files import replacing
from compare.execution.identity import Identity, NoIdentity, digest_of, identity
from compare.execution.installed import load_registered
from compare.execution.on_ray.nodes import Kind, kind
from compare.execution.workers import Event, JobFailed, Worker, WorkerDied
from frameworks import FRAMEWORKS
from frameworks.environment import Environment
from frameworks.job import Job
from frameworks.runtime.trace import NotWritten

UNUSED = 24 * 3600.0
"""Seconds after which a file that no job has used is removed from a node."""
HEARTBEAT = 20.0
"""Seconds after which a heartbeat of a worker is passed on; on its node, it sends one every two seconds."""


@dataclass(frozen=True)
class File:
    """A file of a job."""

    sha256: str
    name: str
    content: Any
    """Ray's reference to its bytes."""


@dataclass(frozen=True)
class Finished:
    """The last message of a job: its trace, and by how many MB its worker has grown."""

    trace: bytes
    growth: int


Message = Union[Event, Finished, Exception]


class NodeWorker:
    """The actor. Its methods run one after the other."""

    def __init__(self, framework: str, device: str, threads: int) -> None:
        """Starts the worker process without waiting for its imports."""
        load_registered()
        self._home = tempfile.TemporaryDirectory(prefix="keras-or-me-", ignore_cleanup_errors=True)
        self._worker = Worker(framework, Path(self._home.name), device, threads)
        remove_unused(place())

    def environment(self) -> Environment | Exception:
        """What the worker reports when its framework is imported, or why it does not."""
        try:
            return self._worker.environment
        except (WorkerDied, UsageError) as error:
            return error

    def run(self, job: Job, files: Mapping[str, File], images: list[File], limit: float) -> Iterator[Message]:
        """Runs a job; yields its events and then its trace, or why there is none.

        `files` are the files of the job by its keys, `images` those of the data folder.
        """
        messages: queue.Queue[Message] = queue.Queue()
        threading.Thread(target=self._run, args=(job, files, images, limit, messages.put), daemon=True).start()
        while True:
            message = messages.get()
            yield message
            if isinstance(message, (Finished, Exception)):
                return

    def close(self) -> None:
        """Ends the worker process and removes its files."""
        self._worker.close()
        self._home.cleanup()

    def _run(self, job: Job, files: Mapping[str, File], images: list[File], limit: float,
             send: Callable[[Message], None]) -> None:
        try:
            out = Path(self._home.name, "trace.npz")
            here: Any = {**job, **{key: str(fetched(file)) for key, file in files.items()}, "out": str(out),
                         "data": {**job["data"], "folder": str(folder_of(images))}}
            self._worker.run(here, without_most_heartbeats(send), limit)
            send(Finished(out.read_bytes(), self._worker.growth))
            out.unlink()
        except (WorkerDied, JobFailed, NotWritten) as error:
            send(error)
        except OSError as error:
            send(NotWritten(f"A node cannot keep the files of a job: {error.strerror or error} ({error.filename})."))


def without_most_heartbeats(send: Callable[[Message], None]) -> Callable[[Event], None]:
    """Passes on every event, but of the heartbeats only some: those of thousands of workers would keep a core busy."""
    sent = time.monotonic()

    def passed_on(event: Event) -> None:
        nonlocal sent
        if event["event"] != "alive" or time.monotonic() - sent >= HEARTBEAT:
            sent = time.monotonic()
            send(event)
    return passed_on


def about(framework: str, device: str, threads: int) -> tuple[Kind, Identity | None]:
    """What this node is for a framework, and the identity of a worker here; None where it cannot be determined.

    Raises UsageError where its environment is not here.
    """
    load_registered()
    if framework not in FRAMEWORKS:
        raise UsageError("it is not registered there; run `python -m compare environments add` there too.")
    if not_installed([framework]):
        raise UsageError(f"it is not built there; run `python -m compare environments install={framework}` there too.")
    try:
        return kind(framework), identity(framework, device, threads)
    except NoIdentity:
        return kind(framework), None


def place() -> Path:
    """The folder of the files that this node has fetched."""
    return cache_folder() / "fetched"


def fetched(file: File) -> Path:
    """The place of a file on this node; it is fetched if it is not here, once also for several workers."""
    path = place() / f"{file.sha256}-{file.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f"{file.sha256}.lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            import ray
            with replacing(path) as draft:
                draft.write_bytes(ray.get(file.content))
    os.utime(path)
    return path


def folder_of(files: list[File]) -> Path:
    """A folder that holds these files under their own names."""
    folder = place() / digest_of([file.sha256 for file in files])
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        kept = fetched(file)
        with contextlib.suppress(FileExistsError):
            os.link(kept, folder / file.name)
    return folder


def remove_unused(folder: Path) -> None:
    """Removes the files that no job has used for a day."""
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > UNUSED:
                path.unlink()
