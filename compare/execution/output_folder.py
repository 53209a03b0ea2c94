"""The folder to which a run writes: claimed by one process, resumed if its run was interrupted."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Collection, Sequence

from compare.execution.errors import DataError, UsageError
from compare.execution.files import write_text

TRACES, REPLAYS, NARROWED, SWITCHED = "traces", "replays", "narrowed", "switched"
"""Folders inside that of a run, or of one of its scenarios …"""
SEARCH, TOLERANCES, TENSORBOARD = "search", "tolerances", "tensorboard"
"""… and inside that of a run."""
RECORD = "run.json"
"""The file with the command that writes into a folder, and whether it has finished."""
STORE = "store"
"""The folder with the trainings of a run with reuse=false."""
OUTPUT_FOLDERS = (TRACES, REPLAYS, NARROWED, SWITCHED, SEARCH, TOLERANCES, TENSORBOARD)
"""The folders that a resumed run writes again, mostly from the store."""


@dataclass
class RunFolder:
    """The folder of a run, locked while its process uses it. Use it in a `with` statement."""

    path: Path
    command: str
    resumed: bool
    """Whether an interrupted run of the same command is continued."""
    _lock: int

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Records that the run is done, unless an exception ended it; another process can then use the folder.

        After a mistake of the user another command can: nothing was begun.
        """
        with contextlib.suppress(OSError):  # the outputs have said it already
            if isinstance(error, (UsageError, DataError)) and not self.resumed:
                (self.path / RECORD).unlink()
            if error is None:
                _record(self.path, self.command, True)
                shutil.rmtree(self.path / STORE, ignore_errors=True)
        os.close(self._lock)


def claimed(out: str | None, command: str, scenarios: Collection[str] = ()) -> RunFolder:
    """Claims the folder of a run of some scenarios, and creates it if it does not exist.

    The folder is `out`, or else a new one below `runs` that is named by the current time. If `out` holds an
    interrupted run of the same command, what it wrote is removed: its trainings are in the store. Raises UsageError if
    it holds another run, if another process uses it, or if nothing can be written there.
    """
    folder = _writable(out)
    lock = os.open(folder, os.O_RDONLY)
    try:
        _lock(lock, folder)
        resumed = _refuse_other_runs(folder, command)
        for place in (folder / scenario / name for scenario in ("", *scenarios) for name in OUTPUT_FOLDERS if resumed):
            shutil.rmtree(place, ignore_errors=True)
        _record(folder, command, False)
    except BaseException as error:
        os.close(lock)
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise
    return RunFolder(folder, command, resumed, lock)


def _writable(out: str | None) -> Path:
    """The folder `out`, or a new one below `runs`. Raises UsageError if nothing can be written there."""
    folder = Path(os.path.expanduser(out)) if out else Path("runs") / time.strftime("%Y-%m-%d_%H-%M-%S")
    try:
        folder = folder if out else _new(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def command_line(arguments: Sequence[str], *command: str) -> str:
    """The command of a run, as it is printed: without the places of this machine, since a report is shown to others."""
    kept = [argument for argument in arguments if not argument.startswith(("out=", "data.dir="))]
    return shlex.join(["python", "-m", "compare", *command, *kept])


def call(function: str, *arguments: str, **given: object) -> str:
    """A call in Python, as it is printed."""
    return f"{function}({', '.join([*map(repr, arguments), *(f'{key}={value!r}' for key, value in given.items())])})"


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"out is {str(folder)!r}, where nothing can be written ({error.strerror}); allowed: a folder, "
                      "also a new one.")


def _new(place: Path) -> Path:
    """Creates a folder, or one with a number behind its name if another run has just created it."""
    place.parent.mkdir(exist_ok=True)
    for number in range(1, 1000):
        folder = place if number == 1 else place.with_name(f"{place.name}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # some network disks have no locks
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise UsageError(f"out is {str(folder)!r}, where another run is writing now; allowed: another "
                             "folder.") from None


def _refuse_other_runs(folder: Path, command: str) -> bool:
    """Whether the folder holds an interrupted run of this command. Raises UsageError if it holds any other run."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        of, done = str(record["command"]), bool(record["done"])
    except FileNotFoundError:
        of, done = "", _holds_traces(folder)
    except (ValueError, KeyError, TypeError, RecursionError):
        of, done = "", True
    if done:
        raise UsageError(f"out is {str(folder)!r}, which holds a run already (python -m compare show prints its answer "
                         "again); allowed: a new folder, or one without a run.")
    if of and of != command:
        raise UsageError(f"out is {str(folder)!r}, which holds an interrupted run of another command, {of}; allowed: "
                         "that command, which continues it, or a new folder.")
    return bool(of)


def _holds_traces(folder: Path) -> bool:
    return any(trace for pattern in (TRACES, f"*/{TRACES}") for trace in folder.glob(pattern))


def _record(folder: Path, command: str, done: bool) -> None:
    write_text(folder / RECORD, json.dumps({"command": command, "done": done}, indent=1) + "\n")
