"""Exit codes by kind of failure, least severe first."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    """Every question was answered, or the output says why not."""
    DIFFERENT = 1
    """`check`: the two programs differ, and every difference is explained."""
    USAGE = 2
    """An argument, a scenario, a data set or a folder is not usable, or a measure of a scenario failed."""
    UNEXPLAINED = 3
    """A difference is not explained by the known defaults."""
    WORKER_DIED = 4
    """A worker process ended early, so that a part of the answer is missing."""
    INTERRUPTED = 130
    """Ctrl-C; finished trainings are kept."""
    TERMINATED = 143
    """SIGTERM; finished trainings are kept."""
