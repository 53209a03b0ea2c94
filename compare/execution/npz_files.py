"""Reads npz files of a user: nothing is made that is larger than what the file has, or than a stated size. Writes npz
files whole or not at all."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from compare.execution import files
from frameworks.runtime import npz

MOST = 2 * 10 ** 9
"""Bytes of one array. Official MNIST has 47 million."""
READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class TooLarge(ValueError):
    """An array says that it is larger than what is read."""


def read(file: Path, names: Iterable[str] = ()) -> dict[str, npt.NDArray[Any]]:
    """Returns the arrays of an npz file by name: `names`, or all.

    Raises OSError if it cannot be read, TooLarge, and ValueError if it is no whole npz file with plain arrays.
    """
    try:
        if not zipfile.is_zipfile(file):  # np.load would report a pickle, which is misleading
            raise ValueError("it is no zip archive")
        with zipfile.ZipFile(file) as packed:
            requested = list(names) or [name.removesuffix(".npy") for name in packed.namelist()]
            for name in requested:
                entry = packed.getinfo(f"{name}.npy")
                refuse_large(entry.file_size)
                with packed.open(entry) as stream:
                    _refuse_wrong_size(stream, entry.file_size)
        with np.load(file, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in requested}
    except Exception as error:
        if isinstance(error, ValueError) or not npz.is_damage(error):
            raise
        raise ValueError(str(error) or type(error).__name__) from error


def write(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes an npz file, whole or not at all. Raises OSError if that is not possible."""
    with files.replacing(path) as draft:
        try:
            with draft.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
        except Exception as error:
            raise npz.os_error(error) or error from None


def refuse_large(size: int) -> None:
    """Raises TooLarge for an array of more than `MOST` bytes."""
    if size > MOST:
        raise TooLarge(f"says that it holds {size:,} bytes; at most {MOST:,} are read")


def _refuse_wrong_size(stream: IO[bytes], size: int) -> None:
    """Raises ValueError if the header of an array says another size than the array has: NumPy would make it first."""
    version = np.lib.format.read_magic(stream)
    if version not in READERS:
        raise ValueError(f"an array is of version {version}")
    shape, _, dtype = READERS[version](stream)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != size - stream.tell():  # NumPy refuses objects
        raise ValueError(f"an array of shape {shape} has {size - stream.tell():,} bytes")
