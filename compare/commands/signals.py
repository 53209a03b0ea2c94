"""Signals: the first Ctrl-C or SIGTERM ends a run in order, the second at once. Workers end with this process."""

from __future__ import annotations

import os
import signal
from types import FrameType

from compare.commands.exit_codes import ExitCode

CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Terminated(KeyboardInterrupt):
    """SIGTERM."""


def install() -> None:
    """Installs the handlers, also where a shell script's `&` made the program ignore Ctrl-C."""
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            os.write(2, b"compare: ended at once.\n")
            os._exit(CODES[signal.Signals(number)])
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated
    for number in CODES:
        signal.signal(number, handle)


def ignore() -> None:
    """Ignores both signals from now on: the result is printed, and the interpreter is about to end."""
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)
