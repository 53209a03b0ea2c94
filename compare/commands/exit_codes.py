"""Exit codes by kind of failure, least severe first."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    """Every question was answered, or the output says why not."""
    DIFFERENT = 1
    """`check`: the two programs differ, and every difference is explained."""
    USAGE = 2
    """An argument, a scenario, a data set or a folder is not usable, a measure of a scenario failed, or the disk or the
    memory of this machine is full."""
    UNEXPLAINED = 3
    """A difference is not explained by the known defaults."""
    WORKER_DIED = 4
    """A worker process ended early, so that a part of the answer is missing."""
    FAULT = 70
    """A fault of this program; the traceback is printed."""
    INTERRUPTED = 130
    """Ctrl-C; finished trainings are kept."""
    TERMINATED = 143
    """SIGTERM; finished trainings are kept."""
