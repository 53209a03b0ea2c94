"""A time limit for code of a user: a scenario file, or a function in it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator


@contextmanager
def limited(seconds: float, message: str) -> Iterator[None]:
    """Raises TimeoutError with the message in a block that takes longer.

    It works in the main thread of a system with interval timers; elsewhere, and in native code, there is no limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ended(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(message)
    before = signal.signal(signal.SIGALRM, ended)
    rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, rest)
        signal.signal(signal.SIGALRM, before)
