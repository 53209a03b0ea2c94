"""The environments that were built in the cache, and their removal; a registered one is only forgotten."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from compare.execution import registered
from compare.execution.cache import environments_folder
from compare.execution.disk import files, size_text
from compare.execution.environments import OLD_KERAS
from compare.execution.errors import UsageError
from scenarios.spec.checks import nearest

LOCKS = "locks"
"""The name of all environments that `upgrade` has built for lock files, as `environments remove` takes it."""


def locks_folder() -> Path:
    """The folder of the environments of lock files, and of those between two."""
    return environments_folder() / LOCKS


def of_locks() -> list[Path]:
    """The folders of the environments that `upgrade` has built, and of interrupted builds."""
    return sorted(place for place in locks_folder().glob("*") if place.is_dir())


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Keeps `remove` from the environments of lock files during the block."""
    with _lock() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def remove(name: str) -> str:
    """Removes an old Keras that was built, all environments of lock files, or a registered one from the register.

    Returns what was done, in one sentence. Raises UsageError.
    """
    registered.load()
    built = {old: [environment.folder] for old, environment in OLD_KERAS.items() if environment.installed}
    built.update({LOCKS: of_locks()} if of_locks() else {})
    names = [*built, *registered.REGISTERED]
    if name not in names:
        raise UsageError(f"There is no environment {name!r} to remove; " + (
            f"{nearest(name, names)}." if names else "none is built or registered."))
    if name in registered.REGISTERED:
        registered.remove(name)
        return f"{name} is no longer registered; its folder is left as it is."
    on_disk = files(built[name])
    with _unused() if name == LOCKS else contextlib.nullcontext():
        for folder in built[name]:
            _remove(folder)
    number = len(built[name])
    what = f"{name}: {number} environments are removed" if number > 1 else f"{name} is removed"
    shared = on_disk.size - on_disk.size_alone
    return f"{what}, which frees {size_text(on_disk.size_alone)}" + (
        f"; the other {size_text(shared)} stay, since uv's cache or another environment has these files too"
        if shared else "") + "."


@contextlib.contextmanager
def _unused() -> Iterator[None]:
    """Raises UsageError if an upgrade uses the environments of lock files now; one that begins waits for the end."""
    with _lock() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("An upgrade uses these environments now; remove them when it has ended.") from None
        yield


def _lock() -> BinaryIO:
    """The file that an upgrade locks."""
    locks_folder().mkdir(parents=True, exist_ok=True)
    return open(locks_folder() / ".in-use", "ab")


def _remove(folder: Path) -> None:
    """Removes a folder, under another name, so that an interrupted removal leaves no incomplete environment."""
    try:
        if not folder.name.startswith("."):
            folder = folder.rename(folder.with_name(f".{folder.name}.{os.getpid()}"))
        shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(f"{folder} could not be removed: {error.strerror}.") from error
