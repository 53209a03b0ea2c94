"""MNIST in the layouts that people have it in: idx files, plain or .gz, and Keras's npz; checked before use."""

import gzip
import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
NPZ = ("x_train", "y_train", "x_test", "y_test")
LAYOUTS = (
    "accepted are a folder with the four idx files (train-images-idx3-ubyte and so on, plain or .gz), "
    "one with them in MNIST/raw or raw, one with Keras's mnist.npz, or that file itself"
)


class DataError(Exception):
    """One sentence for a person: what, which value, what is allowed, what to do."""


def read(place: Path) -> tuple[list[Bytes], str]:
    """The four arrays that a folder or an npz file holds, checked, and in words where they were."""
    try:
        for folder in (place, place / "MNIST" / "raw", place / "raw"):
            found = [_idx_file(folder, name) for name in IDX]
            if files := [file for file in found if file]:
                if missing := [name for name, file in zip(IDX, found) if not file]:
                    raise DataError(f"{folder} lacks {' and '.join(missing)}")
                arrays = [_read_idx(file, 0x803 if "images" in file.name else 0x801) for file in files]
                return _checked(arrays, [str(file) for file in files]), f"idx files in {folder}"
        for file in (place, place / "mnist.npz"):
            if file.is_file():
                return _checked(_read_npz(file), [f"{key} of {file}" for key in NPZ]), f"npz file {file}"
    except OSError as error:
        raise DataError(f"{place} cannot be read ({error})") from error
    raise DataError(f"{place} holds no MNIST" if place.exists() else f"{place} does not exist")


def write(folder: Path, arrays: Sequence[Bytes]) -> None:
    """The four arrays as plain idx files in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX, arrays):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (folder / name).write_bytes(header + np.ascontiguousarray(array).tobytes())


def _idx_file(folder: Path, name: str) -> Path | None:
    names = [name, name.replace("-idx", ".idx")]
    files = [folder / (name + ending) for ending in ("", ".gz") for name in names]
    return next((file for file in files if file.is_file()), None)


def _read_idx(file: Path, magic: int) -> Bytes:
    """An idx file of bytes, plain or .gz; the last byte of its magic number is its number of dimensions."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{file} is not a whole gzip file ({error}); fetch it again") from error
    found, start = int.from_bytes(content[:4], "big"), 4 + 4 * (magic % 256)
    if found != magic or len(content) < start:
        begin = f"{len(content):,} bytes that start with {found:#x}"
        raise DataError(f"{file} has {begin} and not the idx header {magic:#x}; fetch it again")
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    if len(content) != start + math.prod(shape) or 0 in shape:
        wanted = f"{start} of header and {math.prod(shape):,} (at least 1) for its shape {shape}"
        raise DataError(f"{file} has {len(content):,} bytes instead of {wanted}; fetch it again")
    return np.frombuffer(content, np.uint8)[start:].reshape(shape)


def _read_npz(file: Path) -> list[Bytes]:
    try:
        if not zipfile.is_zipfile(file):  # np.load would take it for a pickle, and say so
            raise ValueError("it is no zip archive")
        with np.load(file, allow_pickle=False) as archive:
            return [np.asarray(archive[key]) for key in NPZ]
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds over a damaged archive
        raise DataError(f"{file} is no npz file with plain arrays {', '.join(NPZ)} ({error})") from error


def _checked(arrays: list[Bytes], names: Sequence[str]) -> list[Bytes]:
    """The arrays themselves, if they are images and labels that belong together; `names` tells whose fault it is."""
    for array, name, size in zip(arrays, names, (3, 1, 3, 1)):
        wanted = "(n, 28, 28)" if size == 3 else "(n,)"
        if array.dtype != np.uint8 or array.ndim != size or array.shape[1:] != (28, 28)[: size - 1] or not len(array):
            raise DataError(f"{name}: {array.dtype} of shape {array.shape} instead of uint8 of shape {wanted}, n > 0")
    for images, labels, name in zip(arrays[::2], arrays[1::2], names[1::2]):
        if len(labels) != len(images):
            raise DataError(f"{name}: {len(labels):,} labels for {len(images):,} images; fetch both again")
        if labels.max() > 9:
            raise DataError(f"{name}: label {labels.max()} at {labels.argmax():,}; allowed are 0 to 9")
    return arrays
