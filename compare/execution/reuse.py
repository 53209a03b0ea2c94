"""The trainings that a run takes from the store, and those that it adds.

A training is taken from the store if the same job was run before by the same worker program with the same packages on
the same kind of processor (`store_key`, `identity`). Trainings that a worker did not finish are never stored, nor are
refusals by a framework: a refusal can come from a lack of memory, which is no property of the framework. If a training
is not repeatable bit by bit, as on a GPU or with several threads, the stored one is one of its possible results.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from compare.execution import identity, store_key
from compare.execution.errors import UsageError
from compare.execution.executor import Executor
from compare.execution.executors import LOCAL
from compare.execution.output_folder import STORE
from compare.execution.settings import Settings
from compare.execution.store import PLACE, Notice, Store, default_folder
from compare.execution.trials import Trial
from compare.execution.workers import Event
from frameworks.environment import Environment
from frameworks.job import Job
from frameworks.runtime.trace import Outcome, Trace, read

KEPT = {Outcome.FINISHED, Outcome.STOPPED, Outcome.UNSUPPORTED, Outcome.UNDEFINED, Outcome.NAN}
"""The outcomes of a training that are kept; a replay has none, and is kept."""

OFF = "off"
"""The value of the variable `store.PLACE` with which nothing is stored."""

Key = Mapping[str, Any]


class Reuse:
    """The store as one run with one device and number of threads uses it. Methods are called from several threads."""

    def __init__(self, store: Store, device: str, threads: int, executor: Executor = LOCAL) -> None:
        self.store, self._device, self._threads, self._executor = store, device, threads, executor
        self._identities: dict[str, identity.Identity | None] = {}
        self._added: dict[str, list[Key]] = {}
        self._lock = threading.Lock()
        self.reused = 0
        """Trainings and replays that were taken from the store."""
        self.keys: dict[Path, str] = {}
        """The key of every trace of this run that is stored, by its file."""

    def environment(self, framework: str) -> Environment | None:
        """What a worker of a framework would report; None if it is not stored."""
        identified = self._identity(framework)
        return None if identified is None else self.store.worker(identified)

    def is_ready(self, framework: str, environment: Environment, expected: Environment | None) -> None:
        """Keeps what a worker reported when it was ready, and `expected` if it was stored before.

        Raises UsageError if it reports something else: then something that no identity contains has changed it.
        """
        identified = self._identity(framework)
        if identified is None or environment == expected:
            return
        self.store.put_worker(identified, environment)
        if expected is not None:
            names = sorted(name for name in {**environment, **expected} if environment.get(name) != expected.get(name))
            raise UsageError(f"{framework} reports another environment than before ({', '.join(names)}), although no "
                             "package and no variable has changed; run it again with reuse=false.")

    def key(self, trial: Trial, job: Job, environment: Environment) -> Key | None:
        """The key of a job; None where it is not known what its worker is, or a file of the job cannot be read."""
        identified = self._identity(trial.framework)
        try:
            return None if identified is None else store_key.key_of(job, trial.spec, trial.framework, identified,
                                                                    environment)
        except OSError:
            return None

    def trace(self, key: Key | None, job: Job) -> Trace | None:
        """The stored trace of a job, which is also written to the place that the job names; None if there is none."""
        if key is None or not self.store.get(key, Path(job["out"])):
            return None
        try:
            trace = read(job["out"])
        except (ValueError, KeyError, OSError):
            return None
        with self._lock:
            self.reused += 1
            self.keys[Path(job["out"])] = identity.digest_of(key)
        return trace

    def keep(self, key: Key | None, job: Job, trace: Trace, framework: str) -> None:
        """Keeps the trace of a finished job."""
        outcome = trace.facts.get("outcome")
        if key is not None and (outcome is None or outcome["kind"] in KEPT):
            self.store.put(key, Path(job["out"]))
            with self._lock:
                self._added.setdefault(framework, []).append(key)
                self.keys[Path(job["out"])] = identity.digest_of(key)

    @contextlib.contextmanager
    def training(self, key: Key | None, limit: float, ended: Callable[[], bool]) -> Iterator[None]:
        """While a job runs: another run that needs the same one waits for it, and takes it from the store."""
        with contextlib.ExitStack() as stack:
            if key is not None:
                with contextlib.suppress(OSError):  # without a lock, both runs train
                    stack.enter_context(self.store.training(key, limit, ended))
            yield

    def close(self) -> None:
        """Takes back what was kept of a worker if its packages were changed during the run; prunes the store."""
        identity.forget()
        with self._lock:
            added, self._added = self._added, {}
        for framework, keys in added.items():
            before = self._identities.pop(framework)
            if self._identity(framework) != before:
                self.store.discard(keys)
        self.store.prune()

    def _identity(self, framework: str) -> identity.Identity | None:
        with self._lock:
            if framework not in self._identities:
                try:
                    self._identities[framework] = self._executor.identity(framework, self._device, self._threads)
                except identity.NoIdentity:
                    self._identities[framework] = None
            return self._identities[framework]


def opened(settings: Settings, executor: Executor, home: Path, notice: Notice) -> Reuse | None:
    """The user's store; with reuse=false, one in the folder `home` of the run, from which it can be resumed.

    The latter also where the user's cannot be written, which is a sentence. None where both cannot, or if it is off.
    """
    if os.environ.get(PLACE) == OFF:
        return None
    for folder in (default_folder(), home / STORE)[not settings.reuse:]:
        try:
            return Reuse(Store(folder, notice), settings.device, settings.threads, executor)
        except OSError as error:
            notice(f"Trainings cannot be kept in {folder} ({error.strerror or error}).")
    return None


def events_of(trace: Trace, epochs: int) -> Iterator[Event]:
    """The events that a worker sent when it trained this, as far as they are shown: its epochs, and that it is done."""
    reported = trace.below("reported")
    for index in range(max(map(len, reported.values()), default=0)):
        values = {name.replace("/", "_"): float(values[index]) for name, values in reported.items()}
        yield {"event": "epoch", "epoch": index + 1, "epochs": epochs, **values}
    yield {"event": "done"}
