"""Ends a run in which code of a user cannot be stopped from inside: native code that hangs, or code that catches all.

Python handles Ctrl-C, SIGTERM and the timer of a time limit between two instructions of its main thread. A second
process, started with the first code of a user, is notified when that begins and ends and of the signals that arrive:
the system writes their numbers into its pipe, whatever the main thread does. It kills this process where
its code has not ended in time; the workers then end too. It runs as a program in isolated mode,
`python -I -S watchdog.py PID`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GRACE = 5.0
"""Seconds in which code of a user ends after its time limit, or after a signal."""
LOOK = 0.5
"""Seconds between two checks; while a process is stopped, its time does not pass."""
NEVER = float("inf")
SIGNALS = (signal.SIGINT, signal.SIGTERM)
MESSAGE = (b"compare: killed: code of the scenario has ended neither within its time limit nor after Ctrl-C, and "
           b"nothing in this process can stop it, as native code that hangs; trainings that were finished are kept.\n")
STARTED: list[Any] = []
"""The second process; empty before it is needed."""


@contextlib.contextmanager
def watched(seconds: float) -> Iterator[None]:
    """A block of a user's code that has to end within so many seconds, and soon after a signal."""
    if not STARTED:
        STARTED.append(_started())
    _tell(b"%.3f;" % seconds)
    try:
        yield
    finally:
        _tell(b"ended;")


def _started() -> Any:
    """Starts the second process; the system writes the numbers of signals into its pipe too."""
    import subprocess
    process = subprocess.Popen([sys.executable, "-I", "-S", __file__, str(os.getpid())], stdin=subprocess.PIPE)
    assert process.stdin
    os.set_blocking(process.stdin.fileno(), False)
    signal.set_wakeup_fd(process.stdin.fileno(), warn_on_full_buffer=False)
    return process


def _tell(message: bytes) -> None:
    """Writes a message as a whole; if the second process was killed, there is nobody to tell."""
    with contextlib.suppress(OSError):
        os.write(STARTED[0].stdin.fileno(), message)


def main(pid: str) -> None:
    """Watches a process until it ends, or kills it."""
    for number in SIGNALS:  # they reach every process of a terminal
        signal.signal(number, signal.SIG_IGN)
    left, text = NEVER, b""
    while left > 0:
        if not select.select([0], [], [], None if left == NEVER else LOOK)[0]:
            left -= LOOK * (not is_stopped(pid))
            continue
        content = os.read(0, 4096)
        if not content:
            return
        *messages, text = (text + content).split(b";")
        for message in messages:
            stripped = message.strip(bytes(range(32)))  # without the numbers of signals between two messages
            left = NEVER if stripped == b"ended" else float(stripped) + GRACE
        if left < NEVER and any(number in text for number in SIGNALS):
            left = min(left, GRACE)
    os.write(2, MESSAGE)
    os.kill(int(pid), signal.SIGKILL)


def is_stopped(pid: str) -> bool:
    """Whether a process is stopped, as by Ctrl-Z or a debugger; False where the system does not say."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return facts.rpartition(")")[2].split()[0] in "Tt"
    except (OSError, IndexError):
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
