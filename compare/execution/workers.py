"""Worker processes, one per framework: jobs are sent as JSON lines to stdin, events come back through a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Mapping

import frameworks
from compare.execution import inherited, room
from compare.execution.environments import ENVIRONMENTS
from compare.execution.errors import UsageError
from frameworks import FRAMEWORKS, Framework
from frameworks.environment import Environment
from frameworks.job import Job
from frameworks.runtime.errors import OUT_OF_MEMORY
from frameworks.runtime.trace import NotWritten

SCRIPT = Path(frameworks.__file__).parent / "runtime" / "worker.py"
SILENCE = 120.0  # seconds without a heartbeat after which a worker is ended
STACK = 5.0  # seconds in which a worker that is ended begins to write its stack
POLL = 0.5  # seconds between two looks at whether a worker is late or silent
IMPORT_LIMIT = 300.0  # seconds that importing a framework may take

Event = Mapping[str, Any]


class WorkerDied(Exception):
    """A worker ended, stopped sending heartbeats or took too long; the message has the end of its log."""

    def __init__(self, message: str, late: bool = False, code: int = 0, log: str = "",
                 lost: bool = False) -> None:
        """`late`: it exceeded the time limit, so that a second attempt is of no use. `code` is the exit code, negative
        for a signal; `log` is what the last job wrote into the log. `lost`: not the process itself ended, but the
        machine that it was on, which says nothing about its job."""
        super().__init__(message)
        self.late, self.code, self.log, self.lost = late, code, log, lost


class JobFailed(Exception):
    """A job failed because of a bug in this program; the message is the traceback."""


def interpreter(entry: Framework) -> str:
    """The path of the interpreter that runs a framework."""
    return str(ENVIRONMENTS[entry.environment].python) if entry.environment else sys.executable


def settings(entry: Framework, device: str, threads: int) -> dict[str, object]:
    """The settings with which a worker is started."""
    return {"backend": entry.backend, "module": entry.module, "dtype": entry.dtype, "device": device,
            "threads": threads}


class Worker:
    """One worker process of a framework. Use it in a `with` statement, or call `close`."""

    def __init__(self, framework: str, folder: Path, device: str = "cpu", threads: int = 1) -> None:
        """Starts the process without waiting for its imports; `folder` gets its log."""
        entry = FRAMEWORKS[framework]
        self.framework, self.device, self.log = framework, device, folder / f"{framework}.log"
        reading, writing = os.pipe()
        self._keras_home = tempfile.TemporaryDirectory(prefix="keras-home-", ignore_cleanup_errors=True)
        command = [interpreter(entry), "-I", "-u", str(SCRIPT), entry.realization, str(writing),
                   json.dumps(settings(entry, device, threads))]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
                                            pass_fds=(writing,),
                                            env=inherited.variables(entry.backend, threads, self._keras_home.name))
        os.close(writing)  # ours: the pipe then ends with the process
        self._events: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read_events, args=(reading,), daemon=True).start()
        self._environment: Environment | None = None
        self._begun = 0
        self._imported = 0
        self.ready = 0.0
        """The time.monotonic() at which its framework was imported; 0 before."""

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def environment(self) -> Environment:
        """What the worker reports about its versions, device and settings; waits until the framework is imported.

        Raises WorkerDied, and UsageError if the requested device is not available, or if a setting of the framework is
        not its default.
        """
        if self._environment is None:
            environment: Environment = self._wait("hello", IMPORT_LIMIT, lambda event: None)["environment"]
            self._environment, self.ready = environment, time.monotonic()
            self._imported = room.megabytes_of(self.process.pid)
            inherited.refuse_changed(self.framework, environment)
            available = environment["device"]
            if available != self.device and environment["framework"] != "reference":
                raise UsageError(f"device is {self.device!r}, but {self.framework} sees only {available}; leave device "
                                 "out, or install a build of it for the GPU.")
        return self._environment

    @property
    def growth(self) -> int:
        """By how many MB its memory has grown since its framework was imported."""
        return room.megabytes_of(self.process.pid) - self._imported if self.ready else 0

    def run(self, job: Job, on_event: Callable[[Event], None] = lambda event: None,
            limit: float = 3600.0) -> None:
        """Runs a job within `limit` seconds; `on_event` gets every event.

        Raises WorkerDied, JobFailed, and NotWritten if its trace cannot be written.
        """
        assert self.environment and self.process.stdin
        self._begun = self._logged()
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._worker_died("ended") from None
        self._wait("done", limit, on_event)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """Ends the process at once."""
        self.process.kill()

    def close(self) -> None:
        """Ends the process: closes its stdin, and kills it after five seconds."""
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
        """Waits for an event of the kind `awaited`; passes all events on. Raises as `run` does."""
        waited = silent = 0.0
        while True:
            began = time.monotonic()
            try:
                event = self._events.get(timeout=POLL)
            except queue.Empty:
                # Counted in short looks: while this process itself is stopped, or its machine asleep, nobody is silent.
                waited, silent = waited + POLL, silent + POLL
                if waited >= limit or silent >= SILENCE:
                    late = waited >= limit
                    self._end_with_stack()
                    raise self._worker_died(f"took longer than {limit:.0f} s and was ended" if late else
                                            f"gave no sign of life for {SILENCE:.0f} s and was ended", late) from None
                continue
            waited, silent = waited + min(POLL, time.monotonic() - began), 0.0
            if event is None:
                raise self._worker_died("ended")
            if event["event"] == "failed":
                raise JobFailed(event["message"])
            if event["event"] == "unwritten":
                raise NotWritten(event["message"])
            on_event(event)
            if event["event"] == awaited:
                return event
            if waited >= limit:
                self._end_with_stack()
                raise self._worker_died(f"took longer than {limit:.0f} s and was ended", late=True)

    def _worker_died(self, how: str, late: bool = False) -> WorkerDied:
        """The exception for a process that ended, with its exit code and the end of its log."""
        code = self.process.wait()
        status = ("its memory is full" if code == OUT_OF_MEMORY else f"exit code {code}" if code >= 0 else
                  f"signal {-code}")
        try:
            log = self.log.read_bytes()[self._begun:].decode(errors="replace")
        except OSError as error:  # the folder of the run was removed
            log = f"(it cannot be read: {error.strerror})"
        lines = log.strip().splitlines()[-8:]
        return WorkerDied(f"The {self.framework} worker {how} ({status}). The end of its log, {self.log}:\n  " +
                          "\n  ".join(lines or ["(empty)"]), late, code, log)

    def _end_with_stack(self) -> None:
        """Kills the process, after it has written into its log what it was doing."""
        if hasattr(signal, "SIGUSR1") and self.ready:
            size, end = self._logged(), time.monotonic() + STACK
            self.process.send_signal(signal.SIGUSR1)
            while self._logged() == size and time.monotonic() < end and self.process.poll() is None:
                time.sleep(0.05)
            time.sleep(0.1)  # until the last line is written
        self.process.kill()

    def _logged(self) -> int:
        """The size of the log; 0 if the folder of the run was removed."""
        try:
            return self.log.stat().st_size
        except OSError:
            return 0

    def _read_events(self, descriptor: int) -> None:
        """Puts every event of the pipe into the queue, and None at its end; runs in a thread."""
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    event = json.loads(line)
                    event["event"].strip()
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    continue  # something else in the process wrote there, or it ended while it wrote its last line
                self._events.put(event)
        self._events.put(None)
