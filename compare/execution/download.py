"""The four files of MNIST from the network, into a folder of the caller's, who checks their content."""

from __future__ import annotations

import http.client
import sys
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from compare.execution.mnist_files import IDX, DataError

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SIZES = (9_912_422, 28_881, 1_648_877, 4_542)  # bytes of the four files, packed
PATIENCE = 10.0  # seconds in which a mirror has to send something
CHUNK = 1 << 16


def fetch(folder: Path) -> str:
    """Writes the four files, as .gz, into `folder`; returns the mirror. Shows a bar on a terminal, a line elsewhere.

    Raises DataError, one sentence that names what each mirror said.
    """
    from rich.console import Console  # here, since who has MNIST needs neither
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    screen, reasons = Console(stderr=True), []
    columns = TextColumn("{task.description}"), BarColumn(30), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        for mirror in MIRRORS:
            task = progress.add_task(f"fetching MNIST from {mirror}", total=sum(SIZES))
            try:
                for nth, (size, name) in enumerate(sorted(zip(SIZES, IDX))):  # the smallest shows whether it is there
                    _file(f"{mirror}{name}.gz", folder / f"{name}.gz", size, partial(progress.advance, task))
                    if not screen.is_terminal and nth == 0:
                        print(f"compare: fetching MNIST, {sum(SIZES) / 1e6:.0f} MB, from {mirror}", file=sys.stderr)
                return mirror
            except (OSError, http.client.HTTPException) as error:
                progress.remove_task(task)
                reasons.append(f"{mirror}: {' '.join(str(error).split()) or type(error).__name__}")
    raise DataError(f"the download failed ({'; '.join(reasons)})")


def _file(address: str, file: Path, size: int, arrived: Callable[[int], None]) -> None:
    """One file, of exactly `size` bytes: a mirror that sends anything else is not listened to any longer."""
    received = 0
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer, open(file, "wb") as out:
        while chunk := answer.read(CHUNK):
            received += len(chunk)
            if received > size:
                break
            out.write(chunk)
            arrived(len(chunk))
    if received != size:
        raise OSError(f"{file.name} has {'more' if received > size else f'{received:,}'} instead of {size:,} bytes")
