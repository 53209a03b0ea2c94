"""Reads MNIST from its usual file formats, idx files (plain or .gz) and Keras's npz file, and validates it."""

import gzip
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt

from compare.execution import files, npz_files
from compare.execution.errors import DataError

Bytes = npt.NDArray[np.uint8]

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
NPZ = ("x_train", "y_train", "x_test", "y_test")
LAYOUTS = (
    "accepted are a folder with the four idx files (train-images-idx3-ubyte and so on, plain or .gz), "
    "one with them in MNIST/raw or raw, one with Keras's mnist.npz, or that file itself"
)


def read(place: Path) -> tuple[list[Bytes], str]:
    """Reads and validates the four arrays in a folder or an npz file; returns them and their source as text.

    Raises DataError if there are none, or if they are incomplete or damaged.
    """
    try:
        for folder in (place, place / "MNIST" / "raw", place / "raw"):
            candidates = [_idx_file(folder, name) for name in IDX]
            if files := [file for file in candidates if file]:
                if absent := [name for name, file in zip(IDX, candidates) if not file]:
                    raise DataError(f"{folder} has no {' and no '.join(absent)}")
                arrays = [_read_idx(file, 0x803 if "images" in file.name else 0x801) for file in files]
                return checked(arrays, [str(file) for file in files]), f"idx files in {folder}"
        for file in (place, place / "mnist.npz"):
            if file.is_file():
                return checked(read_npz(file), [f"{key} of {file}" for key in NPZ]), f"npz file {file}"
    except OSError as error:
        raise DataError(f"{place} cannot be read ({error})") from error
    raise DataError(f"{place} holds no MNIST" if place.exists() else f"{place} does not exist")


def write(folder: Path, arrays: Sequence[Bytes]) -> None:
    """Writes the four arrays as uncompressed idx files; creates the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX, arrays):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        with files.replacing(folder / name) as draft:
            draft.write_bytes(header + np.ascontiguousarray(array).tobytes())


def _idx_file(folder: Path, name: str) -> Path | None:
    names = [name, name.replace("-idx", ".idx")]
    files = [folder / (name + ending) for ending in ("", ".gz") for name in names]
    return next((file for file in files if file.is_file()), None)


def _read_idx(file: Path, magic: int) -> Bytes:
    """Reads an idx file of bytes, plain or .gz; the last byte of its magic number is the number of dimensions.

    No more is read or unpacked than the header says, and the header is read first.
    """
    header_size = 4 + 4 * (magic % 256)
    try:
        with _opened(file) as stream:
            header = stream.read(header_size)
            actual = int.from_bytes(header[:4], "big")
            if actual != magic or len(header) < header_size:
                content_text = f"{len(header) + _rest(stream):,} bytes that start with {actual:#x}"
                raise DataError(f"{file} has {content_text} and not the idx header {magic:#x}; fetch it again")
            shape = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(4, header_size, 4))
            npz_files.refuse_large(math.prod(shape))
            content = stream.read(math.prod(shape))
            size = header_size + len(content) + _rest(stream)
    except npz_files.TooLarge as error:
        raise DataError(f"{file} {error}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{file} is not a whole gzip file ({error}); fetch it again") from error
    if size != header_size + math.prod(shape) or 0 in shape:
        expected = f"{header_size} of header and {math.prod(shape):,} (at least 1) for its shape {shape}"
        raise DataError(f"{file} has {size:,} bytes instead of {expected}; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _opened(file: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file, "rb")) if file.suffix == ".gz" else open(file, "rb")


def _rest(stream: IO[bytes]) -> int:
    """The number of bytes that are left in a stream, as far as `npz_files.MOST`; none of them is kept."""
    count = 0
    while count <= npz_files.MOST and (block := stream.read(1 << 20)):
        count += len(block)
    return count


def read_npz(file: Path) -> list[Bytes]:
    """The four arrays of an npz file as they are. Raises DataError."""
    try:
        arrays = npz_files.read(file, NPZ)
    except npz_files.TooLarge as error:
        raise DataError(f"{file} {error}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{file} is no npz file with plain arrays {', '.join(NPZ)} ({error})") from error
    return [arrays[name] for name in NPZ]


def in_bytes(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole numbers from 0 to 255 as bytes, without a last axis of length 1; any other array as it is."""
    if array.ndim in (2, 4) and array.shape[-1] == 1:
        array = array[..., 0]
    if array.dtype.kind in "iuf" and array.size and array.min() >= 0 and array.max() <= 255:
        as_bytes = array.astype(np.uint8)
        return as_bytes if np.array_equal(as_bytes, array) else array
    return array


def checked(arrays: list[Bytes], names: Sequence[str]) -> list[Bytes]:
    """Returns the arrays if they are valid images with matching labels; `names` are used in the error messages."""
    for array, name, ndim in zip(arrays, names, (3, 1, 3, 1)):
        shape = "(n, 28, 28)" if ndim == 3 else "(n,)"
        if array.dtype != np.uint8 or array.ndim != ndim or array.shape[1:] != (28, 28)[: ndim - 1] or not len(array):
            scaled = ". Give the pixels from 0 to 255; Data(divisor=255.0) of a spec scales them" \
                if array.dtype.kind == "f" and ndim == 3 else ""
            raise DataError(f"{name}: {array.dtype} of shape {array.shape}; allowed: uint8 of shape {shape}, n > 0"
                            f"{scaled}")
    for images, labels, name in zip(arrays[::2], arrays[1::2], names[1::2]):
        if len(labels) != len(images):
            raise DataError(f"{name}: {len(labels):,} labels for {len(images):,} images; fetch both again")
        if labels.max() > 9:
            raise DataError(f"{name}: label {labels.max()} at {labels.argmax():,}; allowed are 0 to 9")
    return arrays
