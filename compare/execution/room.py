"""The number of workers that fit on a machine, and the size at which one is replaced."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Iterator

MEGABYTES = 1_500
"""The memory of a worker with an imported framework after one training."""
GROWTH = 3_000
"""The growth, in MB, after which a worker is replaced: a Keras worker grows by 5 to 6 MB in every training."""
GROUPS = Path("/sys/fs/cgroup")
FILES = {"": ("memory.max", "memory.current", "inactive_file"),
         "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")}
"""By controller, none in version 2 of control groups: the files with the limit and with what is used, and the entry of
the files in memory that the system gives up first."""
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def capacity(threads: int) -> tuple[int, int]:
    """(how many workers run at once without waiting for each other, for how many more there is memory)."""
    cores, free = max(1, processors() // threads), free_megabytes()
    return cores, 2 * cores if free is None else free // MEGABYTES


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_megabytes() -> int | None:
    """The memory that new processes can take without swapping, on this machine and within the limits of the control
    groups of this process; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:"))
        return min([free, *(left // 2 ** 20 for left in _left_in_groups())])
    except (OSError, StopIteration, ValueError):
        return None


def _left_in_groups() -> Iterator[int]:
    """The bytes that are left to each control group of this process, such as those of a container or a Slurm job."""
    table = Path("/proc/self/cgroup")
    for line in table.read_text(encoding="utf-8").splitlines() if table.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controllers not in FILES:
            continue
        root, (limit, used, cached) = GROUPS / controllers, FILES[controllers]
        group = root / path.strip("/")
        for place in (group, *group.parents)[:len(group.relative_to(root).parts) + 1]:
            with contextlib.suppress(OSError, ValueError, StopIteration):  # a group without a limit says "max"
                statistics = (place / "memory.stat").read_text(encoding="ascii").splitlines()
                freed = next(int(entry.split()[1]) for entry in statistics if entry.split()[0] == cached)
                yield max(0, int((place / limit).read_text()) - int((place / used).read_text()) + freed)


def megabytes_of(pid: int) -> int:
    """The memory of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE // 10 ** 6
    except (OSError, ValueError, IndexError):
        return 0
