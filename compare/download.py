"""The four files of MNIST from the network, into a folder of the caller's, who checks their content."""

from __future__ import annotations

import http.client
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from compare.layouts import IDX, DataError

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SIZES = (9_912_422, 28_881, 1_648_877, 4_542)  # bytes of the four files, packed
PATIENCE = 10.0  # seconds in which a mirror has to send something
CHUNK = 1 << 16


def fetch(folder: Path) -> str:
    """Writes the four files, as .gz, into `folder`; returns the mirror. Shows a bar on a terminal, a line elsewhere.

    Raises DataError, one sentence that names what each mirror said.
    """
    reasons = []
    for mirror in MIRRORS:
        try:
            _from(mirror, folder)
            return mirror
        except (OSError, http.client.HTTPException) as error:
            reasons.append(f"{mirror}: {' '.join(str(error).split()) or type(error).__name__}")
    raise DataError(f"the download failed ({'; '.join(reasons)})")


def _from(mirror: str, folder: Path) -> None:
    from rich.console import Console  # here, since who has MNIST needs neither
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    screen = Console(stderr=True)
    if not screen.is_terminal:
        print(f"compare: fetching MNIST, {sum(SIZES) / 1e6:.0f} MB, from {mirror}", file=sys.stderr)
    columns = TextColumn("{task.description}"), BarColumn(30), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("fetching MNIST", total=sum(SIZES))
        for name, size in zip(IDX, SIZES):
            _file(f"{mirror}{name}.gz", folder / f"{name}.gz", size, lambda n: progress.advance(task, n))


def _file(address: str, file: Path, size: int, advance: Callable[[int], None]) -> None:
    """One file, of exactly `size` bytes: a mirror that sends anything else is not listened to any longer."""
    received = 0
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer, open(file, "wb") as out:
        while chunk := answer.read(CHUNK):
            received += len(chunk)
            if received > size:
                break
            out.write(chunk)
            advance(len(chunk))
    if received != size:
        raise OSError(f"{file.name} has {'more' if received > size else f'{received:,}'} instead of {size:,} bytes")
