"""The folder to which a run writes."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

from compare.execution.errors import UsageError

TRACES = "traces"
"""The name of the folder of traces, in the folder of a run."""


def made_folder(out: str | None) -> Path:
    """Returns the folder of a run, and creates it if it does not exist.

    The folder is `out`, or else one below `runs` that is named by the current time. Raises UsageError if it contains a
    run already, or if nothing can be written there.
    """
    folder = Path(os.path.expanduser(out)) if out else Path("runs") / time.strftime("%Y-%m-%d_%H-%M-%S")
    if any(trace for pattern in (TRACES, f"*/{TRACES}") for trace in folder.glob(pattern)):
        raise UsageError(f"out is {str(folder)!r}, which holds a run already; allowed: a new folder, or one without "
                         "a run.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"out is {str(folder)!r}, where nothing can be written ({error.strerror}); allowed: a folder, "
                         "also a new one.") from error
    return folder
