"""MNIST in every supported file layout, and an error for every kind of broken file."""

import gzip
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from miniatures import (
    Arrays,
    Write,
    alone,  # noqa: F401 (a fixture that every test here uses)
    flipped,
    idx,
    miniature,
    refusal,
    stored,
    write_dotted,
    write_gz,
    write_idx,
    write_npz,
)

from compare.execution import data, mnist_files


@pytest.mark.parametrize(
    ("write", "subfolder", "file"),
    [
        (write_idx, "", ""),
        (write_dotted, "", ""),
        (write_gz, "", ""),
        (write_idx, "MNIST/raw", ""),
        (write_gz, "MNIST/raw", ""),
        (write_idx, "raw", ""),
        (write_npz, "", ""),
        (write_npz, "", "mnist.npz"),
    ],
)
def test_every_layout_gives_the_same_data(tmp_path: Path, write: Write, subfolder: str, file: str) -> None:
    folder, arrays = tmp_path / "place", miniature()
    write(folder / subfolder, arrays)
    dataset = data.load("auto", str(folder / file))
    assert dataset.name == "custom"
    assert dataset.sha256 == data.content_sha256(arrays.values())
    assert dataset.folder == data.cache_folder() / "arrays" / dataset.sha256[:16]
    assert str(folder) in dataset.source and dataset.source.startswith("npz" if write is write_npz else "idx")
    assert "7 training and 3 test images which are not the official MNIST" in dataset.notice
    for name, array in stored(dataset).items():
        assert array.dtype == np.uint8 and np.array_equal(array, arrays[name])


IMAGES, LABELS = mnist_files.IDX[0], mnist_files.IDX[1]
WHOLE = idx(miniature()["train_images"])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (IMAGES, b"", "0 bytes that start with 0x0"),
        (IMAGES, WHOLE[:10], "idx header 0x803"),
        (IMAGES, idx(miniature()["train_labels"]), "start with 0x801 and not the idx header 0x803"),
        (LABELS, WHOLE, "start with 0x803 and not the idx header 0x801"),
        (IMAGES, WHOLE[:2] + b"\x0d" + WHOLE[3:], "start with 0xd03"),
        (IMAGES, WHOLE[:-1], "5,503 bytes instead of 16 of header and 5,488"),
        (IMAGES, WHOLE + b"\0", "5,505 bytes instead of 16 of header and 5,488"),
        (IMAGES, idx(np.zeros((0, 28, 28), np.uint8)), "at least 1"),
        (IMAGES, idx(np.zeros((7, 28, 27), np.uint8)), "shape (7, 28, 27); allowed: uint8 of shape (n, 28, 28)"),
        (IMAGES, idx(np.zeros((6, 28, 28), np.uint8)), "7 labels for 6 images"),
        (LABELS, idx(np.zeros(8, np.uint8)), "8 labels for 7 images"),
        (LABELS, idx(np.array([0, 1, 2, 3, 4, 10, 6], np.uint8)), "label 10 at 5; allowed are 0 to 9"),
        (mnist_files.IDX[3], idx(np.array([0, 1, 11], np.uint8)), "label 11 at 2; allowed are 0 to 9"),
        (f"{IMAGES}.gz", WHOLE, "not a whole gzip file"),
        (f"{IMAGES}.gz", gzip.compress(WHOLE, mtime=0)[:-9], "not a whole gzip file"),
        (f"{IMAGES}.gz", gzip.compress(WHOLE, mtime=0)[:-8] + bytes(8), "not a whole gzip file"),
        (f"{IMAGES}.gz", gzip.compress(WHOLE, mtime=0)[:12] + bytes([255] * 40), "not a whole gzip file"),
        (f"{IMAGES}.gz", gzip.compress(WHOLE[:-1], mtime=0), "5,503 bytes instead of"),
        (IMAGES, None, f"has no {IMAGES}"),
    ],
)
def test_a_broken_idx_file_is_named_in_the_error(
    tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    folder = tmp_path / "place"
    write_idx(folder, miniature())
    (folder / name.removesuffix(".gz")).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    message = refusal("auto", str(folder))
    assert expected in message
    assert (str(folder / name) in message) == (content is not None and "labels for" not in expected or name == LABELS)
    assert message.startswith("data.dir names no usable data: ") and message.endswith(data.LAYOUTS)
    assert not data.cache_folder().exists()


def npz(**changes: Any) -> bytes:
    """A miniature mnist.npz with some arrays replaced, or omitted where None."""
    arrays: Arrays = {**dict(zip(mnist_files.NPZ, miniature().values())), **changes}
    kept: Arrays = {key: array for key, array in arrays.items() if array is not None}
    file = io.BytesIO()
    np.savez(file, **kept)
    return file.getvalue()


def array_file(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no zip archive"),
        (b"neither zip nor idx", "no zip archive"),
        (pickle.dumps([1, 2]), "no zip archive"),
        (array_file(np.zeros(3)), "no zip archive"),
        (npz()[:-30], "no zip archive"),
        (flipped(npz(), 3000), "CRC"),
        (npz(x_test=None), "x_test"),
        (npz(y_train=np.array([1, "a", None], object)), "allow_pickle=False"),
        (npz(x_train=miniature()["train_images"].astype(np.float32)), "x_train of {place}: float32"),
        (npz(y_test=np.array([0, 1, 2])), "y_test of {place}: int64"),
        (npz(x_test=np.zeros((3, 784), np.uint8)), "x_test of {place}: uint8 of shape (3, 784)"),
        (npz(y_train=np.zeros((7, 1), np.uint8)), "y_train of {place}: uint8 of shape (7, 1)"),
        (npz(y_train=np.uint8(7)), "y_train of {place}: uint8 of shape ()"),
        (npz(x_test=np.zeros((0, 28, 28), np.uint8)), "x_test of {place}: uint8 of shape (0, 28, 28)"),
        (npz(y_test=np.zeros(4, np.uint8)), "y_test of {place}: 4 labels for 3 images"),
        (npz(y_test=np.array([0, 1, 255], np.uint8)), "y_test of {place}: label 255 at 2"),
    ],
)
def test_a_broken_npz_file_is_named_in_the_error(tmp_path: Path, content: bytes, expected: str) -> None:
    place = tmp_path / "mnist.npz"
    place.write_bytes(content)
    for location in (place, tmp_path):
        message = refusal("auto", str(location))
        assert expected.format(place=place) in message and str(place) in message


@pytest.mark.parametrize("choice", ["auto", "mnist"])
@pytest.mark.parametrize("by_variable", [True, False])
@pytest.mark.parametrize(
    ("name", "expected"), [("nowhere", "does not exist"), ("empty", "holds no MNIST"), ("x" * 300, "cannot be read")]
)
def test_a_configured_folder_without_mnist_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: str, by_variable: bool, name: str, expected: str
) -> None:
    (tmp_path / "empty").mkdir()
    place = str(tmp_path / name)
    monkeypatch.setattr(data, "_here", lambda: pytest.fail("a configured folder must not be ignored"))
    if by_variable:
        monkeypatch.setenv("MNIST_DIR", place)
    message = refusal(choice) if by_variable else refusal(choice, place)
    assert message.startswith("MNIST_DIR" if by_variable else "data.dir")
    assert f"{place} {expected}" in message and data.LAYOUTS in message
