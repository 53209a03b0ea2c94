"""A program for tests: runs a command of ours, and does something to its processes in the middle of a stage.

    python at_a_stage.py STAGE ACTION SECONDS ARGUMENT …

A stage begins when the process opens a file whose path contains one of its texts. ACTION is the name of a signal, once
or twice, that the process sends itself, or "kill" or "kill every", with which its workers are killed, once or as often
as the stage opens a file.
"""

import contextlib
import os
import signal
import sys
import threading

from compare.__main__ import command_line

STAGES = {"reading": "mine.py", "images": "train_images.npy", "importing": "reference.log",
          "training": ".reference.0.npz", "comparing steps": "/replays/", "searching causes": "/search/",
          "writing": ".report.html.", "writing the last file": "events.out.tfevents"}


def workers():
    """The process ids of the workers of this process."""
    with contextlib.suppress(OSError):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/stat", encoding="ascii") as stat, \
                    open(f"/proc/{pid}/cmdline", encoding="utf-8") as line:
                if int(stat.read().rpartition(")")[2].split()[1]) == os.getpid() and "worker.py" in line.read():
                    yield int(pid)


def main(stage, action, *arguments):
    """Runs a command."""
    done = threading.Event()

    def look(event, values):
        if event != "open" or not isinstance(values[0], str) or STAGES[stage] not in values[0] or done.is_set():
            return
        if action != "kill every":
            done.set()
        if action.startswith("kill"):
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
        for name in action.split() if action.startswith("SIG") else ():
            os.kill(os.getpid(), getattr(signal, name))
    sys.addaudithook(look)
    sys.argv[1:] = arguments
    command_line()


if __name__ == "__main__":
    main(*sys.argv[1:])
