"""Signals: the first Ctrl-C or SIGTERM ends a run in order, the second at once. Workers end with this process."""

from __future__ import annotations

import os
import signal
from types import FrameType

from compare.commands import watchdog
from compare.commands.exit_codes import ExitCode
from scenarios import user_code

CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
RECEIVED: list[signal.Signals] = []
END = os._exit  # while code of a user runs, this name of `os` is another function


def install() -> None:
    """Installs the handlers, also where a shell script's `&` made the program ignore Ctrl-C."""
    def handle(number: int, frame: FrameType | None) -> None:
        RECEIVED.append(signal.Signals(number))
        if len(RECEIVED) > 1:
            os.write(2, b"compare: ended at once.\n")
            END(CODES[RECEIVED[-1]])
        raise KeyboardInterrupt
    for number in CODES:
        signal.signal(number, handle)
    user_code.watched = watchdog.watched


def code() -> ExitCode:
    """The exit code after a KeyboardInterrupt: that of the signal which was its reason."""
    return CODES[RECEIVED[0]] if RECEIVED else ExitCode.INTERRUPTED


def ignore() -> None:
    """Ignores both signals from now on: the result is printed, and the interpreter is about to end."""
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)
