"""Downloads the four files of MNIST into a folder; the caller verifies their content."""

from __future__ import annotations

import http.client
import sys
import urllib.request
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from compare.execution.errors import DataError
from compare.execution.mnist_files import IDX

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SIZES = (9_912_422, 28_881, 1_648_877, 4_542)  # bytes of the four compressed files
PATIENCE = 10.0  # seconds without data after which a mirror is given up
CHUNK = 1 << 16


def fetch(folder: Path) -> str:
    """Downloads the four .gz files into `folder`; returns the mirror's address.

    Shows a progress bar on a terminal, and a single line elsewhere. Raises DataError with the error of each mirror.
    """
    from rich.console import Console  # imported here, since nothing else needs Rich to load data
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    screen, reasons = Console(stderr=True), []
    columns = TextColumn("{task.description}"), BarColumn(30), DownloadColumn(), TimeRemainingColumn()
    progress = Progress(*columns, console=screen, transient=True)
    with progress if screen.is_terminal else nullcontext():
        for mirror in MIRRORS:
            task = progress.add_task(f"fetching MNIST from {mirror}", total=sum(SIZES))
            try:
                # The smallest file comes first: it shows whether the mirror works.
                for index, (size, name) in enumerate(sorted(zip(SIZES, IDX))):
                    _file(f"{mirror}{name}.gz", folder / f"{name}.gz", size, partial(progress.advance, task))
                    if not screen.is_terminal and index == 0:
                        print(f"compare: fetching MNIST, {sum(SIZES) / 1e6:.0f} MB, from {mirror}", file=sys.stderr)
                return mirror
            except (OSError, http.client.HTTPException) as error:
                progress.remove_task(task)
                reasons.append(f"{mirror}: {' '.join(str(error).split()) or type(error).__name__}")
    raise DataError(f"the download failed ({'; '.join(reasons)})")


def _file(address: str, file: Path, size: int, advance: Callable[[int], None]) -> None:
    """Downloads one file. Raises OSError unless it has exactly `size` bytes; stops reading when it has more."""
    received = 0
    with urllib.request.urlopen(address, timeout=PATIENCE) as response, open(file, "wb") as out:
        while chunk := response.read(CHUNK):
            received += len(chunk)
            if received > size:
                break
            out.write(chunk)
            advance(len(chunk))
    if received != size:
        raise OSError(f"{file.name} has {'more' if received > size else f'{received:,}'} instead of {size:,} bytes")
