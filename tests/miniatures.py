"""Miniature datasets in every layout, for the tests of data and of layouts."""

import gzip
import io
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare.execution import data, download, mnist_files

Arrays = dict[str, Any]
Write = Callable[[Path, Arrays], None]

MNIST_DIR = os.environ.get("MNIST_DIR", "")
real_mnist = pytest.mark.skipif(not MNIST_DIR, reason="set MNIST_DIR to a folder with the official MNIST files")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No MNIST anywhere: an empty home and cache, no folder configured, and a closed port as proxy."""
    for name in ("MNIST_DIR", "KERAS_HOME", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def miniature(train: int = 7, test: int = 3) -> Arrays:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (train + test, 28, 28), dtype=np.uint8)
    labels = np.arange(train + test, dtype=np.uint8) % 10
    return dict(zip(data.PARTS, (images[:train], labels[:train], images[train:], labels[train:])))


def idx(array: np.ndarray) -> bytes:
    return b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def write_idx(folder: Path, arrays: Arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(mnist_files.IDX, arrays.values()):
        (folder / name).write_bytes(idx(array))


def write_dotted(folder: Path, arrays: Arrays) -> None:
    """As in some archives: the file, beside a folder with the usual name of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(mnist_files.IDX, arrays.values()):
        (folder / name.replace("-idx", ".idx")).write_bytes(idx(array))
        (folder / name).mkdir()


def write_gz(folder: Path, arrays: Arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(mnist_files.IDX, arrays.values()):
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), 1))


def write_npz(folder: Path, arrays: Arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "mnist.npz", **dict(zip(mnist_files.NPZ, arrays.values())))


def stored(dataset: data.Dataset) -> Arrays:
    return {part: np.load(dataset.folder / f"{part}.npy", mmap_mode="r") for part in data.PARTS}


def refusal(*arguments: str) -> str:
    with pytest.raises(mnist_files.DataError) as error:
        data.load(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def fake_network(monkeypatch: pytest.MonkeyPatch, serve: Callable[[str], bytes]) -> list[str]:
    """Replaces the network: `serve` returns the bytes of an address, or raises. Returns the requested addresses."""
    requested: list[str] = []

    def urlopen(address: str, timeout: float) -> io.BytesIO:
        requested.append(address)
        return io.BytesIO(serve(address))

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return requested


def gzipped_files(monkeypatch: pytest.MonkeyPatch, arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    """The four files of a mirror by name, gzipped; their sizes become the expected ones."""
    files = {f"{name}.gz": gzip.compress(idx(array)) for name, array in zip(mnist_files.IDX, arrays.values())}
    monkeypatch.setattr(download, "SIZES", tuple(map(len, files.values())))
    return files


def modification_times(dataset: data.Dataset) -> dict[str, int]:
    return {part: (dataset.folder / f"{part}.npy").stat().st_mtime_ns for part in data.PARTS}
