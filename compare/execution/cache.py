"""The folder in which this program keeps what it can make again: images, environments, finished trainings."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The folder "keras-or-me" in $XDG_CACHE_HOME, or else in the cache folder of the operating system."""
    custom = {"darwin": "~/Library/Caches", "win32": "~/AppData/Local"}.get(sys.platform, "~/.cache")
    xdg = os.environ.get("XDG_CACHE_HOME", "")  # its specification says to ignore relative paths
    return Path(xdg if os.path.isabs(xdg) else os.path.expanduser(custom), "keras-or-me")


def environments_folder() -> Path:
    """The folder in which every environment is built."""
    return cache_folder() / "environments"
