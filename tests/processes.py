"""Processes that a test has started: whether they run, and waiting for what they do."""

import subprocess
import time


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
