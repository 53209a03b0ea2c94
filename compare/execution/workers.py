"""Worker processes: one warm process per environment, jobs in as JSON lines, events out on their own descriptor."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Mapping

import frameworks
from compare.execution import inherited
from compare.execution.environments import ENVIRONMENTS
from compare.execution.settings import UsageError
from frameworks import FRAMEWORKS

SCRIPT = Path(frameworks.__file__).parent / "runtime" / "worker.py"
SILENCE = 120.0  # seconds without a heartbeat after which a worker counts as dead
START = 300.0  # seconds that importing a framework may take

Event = Mapping[str, Any]


class WorkerDied(Exception):
    """A worker ended, fell silent or took too long; the text says how, with the end of its log."""

    def __init__(self, message: str, late: bool = False) -> None:
        """`late` says that it took too long, as it would again."""
        super().__init__(message)
        self.late = late


class JobFailed(Exception):
    """A job failed by a fault of ours; the text is the traceback."""


class Worker:
    """One process of one framework. Use it in a `with` statement, or close it."""

    def __init__(self, framework: str, folder: Path, device: str = "cpu", threads: int = 1) -> None:
        """Starts the process; `folder` gets its log. Importing goes on while the caller does something else."""
        chosen = FRAMEWORKS[framework]
        self.framework, self.device, self.log = framework, device, folder / f"{framework}.log"
        settings = {"backend": chosen.backend, "module": chosen.module, "dtype": chosen.dtype, "device": device,
                    "threads": threads}
        reading, writing = os.pipe()
        self._keras_home = tempfile.TemporaryDirectory(prefix="keras-home-", ignore_cleanup_errors=True)
        python = str(ENVIRONMENTS[chosen.environment].python) if chosen.environment else sys.executable
        command = [python, "-I", "-u", str(SCRIPT), chosen.realization, str(writing), json.dumps(settings)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
                                            pass_fds=(writing,),
                                            env=inherited.variables(chosen.backend, threads, self._keras_home.name))
        os.close(writing)
        self._events: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._on_event, args=(reading,), daemon=True).start()
        self._environment: dict[str, Any] | None = None
        self.ready = 0.0
        """When its framework was imported, by time.monotonic(); 0 before."""

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def environment(self) -> dict[str, Any]:
        """What the worker read back of itself; waits until the framework is imported.

        Raises WorkerDied, and UsageError where the device that was asked for is not there, or where a setting of the
        framework is not its default.
        """
        if self._environment is None:
            self._environment = dict(self._wait("hello", START, lambda event: None)["environment"])
            self.ready = time.monotonic()
            inherited.refuse_changed(self.framework, self._environment)
            seen = self._environment["device"]
            if seen != self.device and self._environment["framework"] != "reference":
                raise UsageError(f"device is {self.device!r}, but {self.framework} sees only {seen}; leave device out, "
                                 "or install a build of it for the GPU.")
        return self._environment

    def run(self, job: Mapping[str, Any], on_event: Callable[[Event], None] = lambda event: None,
            limit: float = 3600.0) -> None:
        """Does a job, telling `on_event` every event on the way. Raises WorkerDied or JobFailed; limit in seconds."""
        assert self.environment and self.process.stdin
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._worker_errors("ended") from None
        self._wait("done", limit, on_event)

    def close(self) -> None:
        """Ends the process: first by closing its input, then by force."""
        if self.process.stdin and not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._keras_home.cleanup()

    def _wait(self, awaited: str, limit: float, on_event: Callable[[Event], None]) -> Event:
        deadline = time.monotonic() + limit
        while True:
            try:
                event = self._events.get(timeout=max(0.0, min(SILENCE, deadline - time.monotonic())))
            except queue.Empty:
                late = time.monotonic() >= deadline
                self.process.kill()
                raise self._worker_errors(f"took longer than {limit:.0f} s and was ended" if late else
                                 f"gave no sign of life for {SILENCE:.0f} s and was ended", late) from None
            if event is None:
                raise self._worker_errors("ended")
            if event["event"] == "failed":
                raise JobFailed(event["message"])
            on_event(event)
            if event["event"] == awaited:
                return event

    def _worker_errors(self, how: str, late: bool = False) -> WorkerDied:
        code = self.process.wait()
        told = f"exit code {code}" if code >= 0 else f"signal {-code}"
        lines = self.log.read_text(errors="replace").strip().splitlines()[-8:]
        return WorkerDied(f"The {self.framework} worker {how} ({told}). The end of its log, {self.log}:\n  " +
                          "\n  ".join(lines or ["(empty)"]), late)

    def _on_event(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as stream:
            for line in stream:
                try:
                    self._events.put(json.loads(line))
                except json.JSONDecodeError:  # the last line of a process that died while it wrote
                    break
        self._events.put(None)
