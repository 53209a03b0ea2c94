"""Standard streams that are closed, full, or no longer read: a run goes on and writes its files."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO


class Lasting:
    """A text stream that leaves out failing writes: after the first, everything is discarded."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream
        self.problem = ""
        """Why the stream cannot be written; empty for a reader that has gone, as `head` does."""

    def write(self, text: str) -> int:
        """Writes text, or drops it."""
        try:
            if self._stream:
                self._stream.write(text)
        except (OSError, ValueError) as error:
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Flushes what was written, or drops it."""
        try:
            if self._stream:
                self._stream.flush()
        except (OSError, ValueError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        descriptor = self._stream.fileno() if self._stream else -1
        self._stream = None
        if not isinstance(error, BrokenPipeError):
            self.problem = getattr(error, "strerror", None) or str(error)
        with contextlib.suppress(OSError):  # the interpreter flushes the original stream once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream or sys.__stderr__, name)


def reopen_closed() -> None:
    """Opens closed standard streams, so that no file gets their numbers, and makes both outputs lasting."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lasts
        setattr(sys, name, Lasting(stream))


def flush() -> str:
    """Returns why stdout could not be written; empty where it was, or where nobody reads it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return sys.stdout.problem if isinstance(sys.stdout, Lasting) else ""
