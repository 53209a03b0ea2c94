"""Signals: the first Ctrl-C or SIGTERM ends a run in order, the second at once. Workers end with this process.

Code of a library can discard the exception with which a run ends: matplotlib's import takes it for a missing part, and
Python itself discards what a destructor raises. It is then raised again.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
import weakref
from types import FrameType
from typing import NoReturn

from compare.commands import watchdog
from compare.commands.exit_codes import ExitCode
from scenarios import user_code

CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
RECEIVED: list[signal.Signals] = []
END = os._exit  # while code of a user runs, this name of `os` is another function
AGAIN = getattr(signal, "SIGURG", None)
"""The signal with which this process asks itself whether it still has to end; other processes do not send it."""
LOOK = 0.5
"""Seconds between two such questions."""


class Interrupted(KeyboardInterrupt):
    """A signal ends the run. While somebody handles or keeps it, it exists; if it does not, it was discarded."""


def install() -> None:
    """Installs the handlers, also where a shell script's `&` made the program ignore Ctrl-C."""
    raised: list[weakref.ref[Interrupted]] = []

    def interrupt() -> NoReturn:
        error = Interrupted()
        raised[:] = [weakref.ref(error)]
        try:
            raise error
        finally:
            del error  # its traceback holds this frame, which would hold it

    def handle(number: int, frame: FrameType | None) -> None:
        RECEIVED.append(signal.Signals(number))
        if len(RECEIVED) > 1:
            os.write(2, b"compare: ended at once.\n")
            END(CODES[RECEIVED[-1]])
        if AGAIN:
            _thread.start_new_thread(_ask_again, (AGAIN,))  # takes no lock that the interrupted code could hold
        interrupt()

    def again(number: int, frame: FrameType | None) -> None:
        if raised and raised[0]() is None:
            interrupt()
    for number in CODES:
        signal.signal(number, handle)
    if AGAIN:
        signal.signal(AGAIN, again)
    sys.unraisablehook = _unraisable
    user_code.watched = watchdog.watched


def _ask_again(number: int) -> None:
    while True:
        time.sleep(LOOK)
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _unraisable(discarded: sys.UnraisableHookArgs) -> None:
    """Says nothing of an interrupt that Python discards, since it is raised again."""
    if not issubclass(discarded.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(discarded)


def code() -> ExitCode:
    """The exit code after a signal, which is handled from now on."""
    if AGAIN:
        signal.signal(AGAIN, signal.SIG_IGN)
    return CODES[RECEIVED[0]] if RECEIVED else ExitCode.INTERRUPTED


def leave(code: int) -> NoReturn:
    """Ends the interpreter, in which both signals are ignored from now on; after one, without waiting for threads."""
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)
    if RECEIVED:
        atexit._run_exitfuncs()
        END(code)
    sys.exit(code)
