"""Runs code of a user, a scenario file or a function in it: it has a time limit, and does not end this process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from contextlib import AbstractContextManager
from types import FrameType
from typing import Callable, Iterator, NoReturn

FAILURES = (Exception, SystemExit, GeneratorExit)
"""What a user's code can raise. A class of its own that is no `Exception` becomes `Failed`; Ctrl-C raises
KeyboardInterrupt, which is not caught with these."""
Watched = Callable[[float], AbstractContextManager[None]]
watched: Watched = lambda seconds: contextlib.nullcontext()
"""Called around code of a user with its time limit in seconds. The command line program has another process watch it
here, since native code that hangs can only be ended from outside."""


class Failed(Exception):
    """Code of a user raised a class of its own that is no `Exception`."""


@contextlib.contextmanager
def limited(seconds: float, message: str) -> Iterator[None]:
    """Runs a block of a user's code. It raises one of `FAILURES`, or KeyboardInterrupt.

    A block that takes longer than `seconds` raises TimeoutError with the message, but only in the main thread, on a
    system with interval timers, and not within native code. `os._exit` raises SystemExit. A process that the block has
    forked ends with the block.
    """
    here, ended = os.getpid(), os._exit

    def exit_of_the_user(code: int) -> NoReturn:
        if os.getpid() != here:
            ended(code)
        raise SystemExit(f"os._exit({code})")
    os._exit = exit_of_the_user  # type: ignore[assignment]
    try:
        with _alarm(seconds, message):
            yield
    except (*FAILURES, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Failed(error_text(error)) from error
    finally:
        os._exit = ended
        if os.getpid() != here:
            ended(0)


def error_text(error: BaseException) -> str:
    """An exception in one sentence without a full stop: its class and its message."""
    if isinstance(error, Failed):
        return str(error)
    try:
        text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split()).rstrip(".")
    except Exception as inner:
        text = f"its message cannot be read, {type(inner).__name__}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextlib.contextmanager
def _alarm(seconds: float, message: str) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(message)
    before = signal.signal(signal.SIGALRM, late)
    rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with watched(seconds):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, rest)
        signal.signal(signal.SIGALRM, before)
