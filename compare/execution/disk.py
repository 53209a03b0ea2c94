"""The disk space that folders take, and sizes as text.

Files are counted as they are on disk: uv links a package into every environment that has it, and its cache has another
link.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

UNITS = {"": 1, "KB": 10 ** 3, "MB": 10 ** 6, "GB": 10 ** 9, "TB": 10 ** 12}


@dataclass
class Files:
    """The files of some folders; one that has several names counts once."""

    sizes: dict[tuple[int, int], int] = field(default_factory=dict)
    """Bytes on disk, by device and inode."""
    elsewhere: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many names of each are not in these folders."""

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(self.sizes.values())

    @property
    def size_alone(self) -> int:
        """Bytes that are free again once these folders are removed."""
        return sum(size for file, size in self.sizes.items() if not self.elsewhere[file])


def files(folders: Iterable[Path]) -> Files:
    """The files of these folders, of which some may not exist."""
    result = Files()
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # removed by another process in the meantime
                    status = os.lstat(os.path.join(place, name))
                    file = status.st_dev, status.st_ino
                    result.sizes[file] = status.st_blocks * 512
                    result.elsewhere[file] = result.elsewhere.get(file, status.st_nlink) - 1
    return result


def size_text(number: int) -> str:
    """A number of bytes as text."""
    unit = next(unit for unit in ("GB", "MB", "KB", "") if number >= UNITS[unit] or not unit)
    return f"{number / UNITS[unit]:.1f} {unit}" if unit else f"{number} bytes"
