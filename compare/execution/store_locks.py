"""One run at a time does a training: a lock for each, which ends with its run in whatever way that ends."""

from __future__ import annotations

import contextlib
import fcntl
import time
from pathlib import Path
from typing import Callable, Iterator

PATIENCE = 0.2
"""Seconds between two looks at a lock."""


@contextlib.contextmanager
def locked(path: Path, limit: float, ended: Callable[[], bool]) -> Iterator[None]:
    """Waits until no other run has the lock, for at most `limit` seconds, or until `ended` says that there is no need
    to wait any more; the block then runs with or without it. Raises OSError if there can be no lock.
    """
    until, held = time.monotonic() + limit, False
    with open(path, "ab") as lock:
        while not held and time.monotonic() < until and not ended():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except (BlockingIOError, PermissionError):  # another run has it; any other error is of the disk
                time.sleep(PATIENCE)
        try:
            yield
        finally:
            if held:
                with contextlib.suppress(OSError):
                    path.unlink()


def remove_unlocked(path: Path) -> None:
    """Removes the file of a lock that no run has."""
    with contextlib.suppress(OSError), open(path, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
