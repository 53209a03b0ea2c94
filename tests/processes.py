"""Processes that a test starts: the program itself, whether a process runs, and waiting for what it does."""

import os
import subprocess
import sys
import time

from compare import HOME


def command(*arguments):
    """The command line of the program."""
    return [sys.executable, "-m", "compare", *arguments]


def variables(place, **changes):
    """The variables of a process that has its cache in a folder."""
    return {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "PYTHONPATH": str(HOME), **changes}


def compare(place, *arguments, **changes):
    """Runs the program in a folder; returns its exit code, stdout and stderr."""
    child = subprocess.run(command(*arguments), cwd=place, env=variables(place, **changes), capture_output=True,
                           text=True, timeout=300)
    return child.returncode, child.stdout, child.stderr


def is_running(pid):
    """Whether a process exists and is not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def wait_for(condition, seconds):
    """Waits until a condition is met, and returns its value; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)
    return result
