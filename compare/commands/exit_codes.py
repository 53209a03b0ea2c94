"""How a command ends, by kind of failure, the least severe first."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    """Everything was answered, or it is said why there is no answer."""
    USAGE = 2
    """An argument, a scenario or a data set that cannot be used, or a measure of a scenario that failed."""
    UNEXPLAINED = 3
    """A difference that no known default explains."""
    WORKER_DIED = 4
    """A worker process died, so that a part of the answer is missing."""
    INTERRUPTED = 130
    """Ctrl-C; what was finished is kept."""
