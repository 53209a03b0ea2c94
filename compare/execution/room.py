"""How many workers a machine has room for, and when one has grown too large."""

from __future__ import annotations

import os
from pathlib import Path

MEGABYTES = 1_500
"""What a worker with an imported framework and one training takes."""
GROWTH = 3_000
"""MB by which a worker may grow: a Keras worker does by 5 to 6 MB in every training. Then a new one takes its place."""
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def capacity(threads: int) -> tuple[int, int]:
    """(how many workers run at once without waiting for each other, for how many more there is memory)."""
    cores, free = max(1, processors() // threads), free_megabytes()
    return cores, 2 * cores if free is None else free // MEGABYTES


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_megabytes() -> int | None:
    """The memory that new processes can take without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def megabytes_of(pid: int) -> int:
    """The memory of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE // 10 ** 6
    except (OSError, ValueError, IndexError):
        return 0
