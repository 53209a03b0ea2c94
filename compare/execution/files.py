"""Files that are written under a temporary name and renamed: a reader sees the whole file or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

DRAFT = ".draft"
"""The suffix of a file that is not complete yet."""
UMASK = os.umask(0)
"""Read once, since it cannot be read without being set for a moment, for all threads."""
os.umask(UMASK)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file in the folder of `path`, which takes its place at the end of the block unless that raises."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name[:16]}.", suffix=DRAFT, dir=path.parent)
    os.close(descriptor)
    try:
        os.chmod(name, 0o666 & ~UMASK)  # the permissions of any new file
        yield Path(name)
        with open(name, "rb") as file:
            os.fsync(file.fileno())
        os.replace(name, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def write_text(path: Path, text: str) -> None:
    """Writes a text file; what is no text in UTF-8, such as a part of a file's name, as an escape sequence."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")


def place(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source`, or a copy of it on another disk. Both are replaced, never written to.
    """
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
