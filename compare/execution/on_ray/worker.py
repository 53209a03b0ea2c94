"""A worker on a node of a Ray cluster, as this process sees it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable

from compare.execution.data import PARTS
from compare.execution.on_ray.node import File, Finished
from compare.execution.on_ray.nodes import Node
from compare.execution.store_key import content_of
from compare.execution.workers import IMPORT_LIMIT, POLL, SILENCE, Event, WorkerDied
from frameworks.environment import Environment
from frameworks.job import FILES, Job
from frameworks.runtime.trace import NotWritten

HELD = 64
"""So many files are held in the memory of the cluster, those that were used last."""


class Contents:
    """The files that were put into the cluster, each once while it is held."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def file(self, path: str) -> File:
        """A file as a node can fetch it."""
        import ray
        sha256 = content_of(path)
        with self._lock:
            if sha256 not in self._held:
                self._held[sha256] = ray.put(Path(path).read_bytes())
            self._held.move_to_end(sha256)
            while len(self._held) > HELD:
                self._held.popitem(last=False)
            return File(sha256, os.path.basename(path), self._held[sha256])


class RayWorker:
    """A worker process on a node; `executor.TrialWorker` describes it."""

    def __init__(self, framework: str, actor: Any, node: Node, contents: Contents,
                 on_end: Callable[[Node, bool], None]) -> None:
        """`on_end` is called once, with whether the node or the actor was lost."""
        self._framework, self._actor, self.node, self._contents, self._on_end = framework, actor, node, contents, on_end
        self._hello = actor.environment.remote()
        self._environment: Environment | None = None
        self.ready, self.growth, self.ended = 0.0, 0, False

    @property
    def environment(self) -> Environment:
        """What the worker reports when its framework is imported."""
        import ray
        if self._environment is None:
            try:
                answer = ray.get(self._hello, timeout=2 * IMPORT_LIMIT)
            except (ray.exceptions.RayError, TimeoutError) as error:
                raise self._lost(error) from None
            if isinstance(answer, Exception):
                raise self._worker_error(answer)
            self._environment, self.ready = answer, time.monotonic()
        return self._environment

    def run(self, job: Job, on_event: Callable[[Event], None], limit: float) -> None:
        """Runs a job on the node, and writes its trace here."""
        import ray
        named: dict[str, Any] = {**job}
        files = {key: self._contents.file(named[key]) for key in FILES if named.get(key)}
        images = [self._contents.file(str(Path(job["data"]["folder"], f"{part}.npy"))) for part in PARTS]
        try:
            messages = self._actor.run.options(num_returns="streaming").remote(job, files, images, limit)
            silent = 0.0
            while True:
                if not ray.wait([messages], timeout=POLL)[0]:
                    # In short looks, as in `workers`: while this process itself is stopped, nobody is silent.
                    silent += POLL
                    if silent >= SILENCE:
                        raise self._lost(f"it gave no sign of life for {SILENCE:.0f} s")
                    continue
                silent, message = 0.0, ray.get(next(messages))
                if isinstance(message, Finished):
                    break
                if isinstance(message, Exception):
                    raise self._worker_error(message)
                on_event(message)
        except ray.exceptions.RayError as error:
            raise self._lost(error) from None
        self.growth = message.growth
        _write(message.trace, job["out"])

    def kill(self) -> None:
        """Ends the actor at once; its worker process ends with it."""
        self._end(lost=False)

    def _end(self, lost: bool) -> None:
        import ray
        if not self.ended:
            self.ended = True
            self._on_end(self.node, lost)
        with contextlib.suppress(Exception):  # Ray raises several types where the actor or the cluster is gone
            ray.kill(self._actor)

    def close(self) -> None:
        """Ends the worker process, and then the actor."""
        import ray
        if not self.ended:
            with contextlib.suppress(ray.exceptions.RayError, TimeoutError):
                ray.get(self._actor.close.remote(), timeout=10)
        self.kill()

    def _worker_error(self, error: Exception) -> Exception:
        """What the node reports; after the end of its process, the actor is of no more use."""
        if isinstance(error, WorkerDied):
            self.kill()
            error.args = (f"{error} On the node {self.node.address}.",)
        return error

    def _lost(self, error: object) -> WorkerDied:
        """The exception for an actor or a node that is gone."""
        self._end(lost=True)
        lines = str(error).strip().splitlines()
        return WorkerDied(f"The {self._framework} worker on the node {self.node.address} is lost: "
                          f"{lines[-1].strip() if lines else type(error).__name__}", lost=True)


def _write(content: bytes, out: str) -> None:
    """Writes a trace whole or not at all. Raises NotWritten."""
    draft = f"{out}.partial.npz"
    try:
        Path(draft).write_bytes(content)
        os.replace(draft, out)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.remove(draft)
        raise NotWritten(f"The trace {out} cannot be written ({error.strerror}).") from error
