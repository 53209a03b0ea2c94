"""Which images are loaded: the search order, what counts as MNIST, and what loading imports."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from miniatures import (
    MNIST_DIR,
    alone,  # noqa: F401 (a fixture that every test here uses)
    fake_network,
    gzipped_files,
    idx,
    miniature,
    modification_times,
    real_mnist,
    refusal,
    stored,
    write_idx,
    write_npz,
)
from processes import run_python

from compare.execution import data, download, mnist_files


def test_checksum_depends_on_pixels_labels_and_shapes() -> None:
    arrays = miniature()
    checksums = {data.content_sha256(arrays.values())}
    for part in data.PARTS:
        changed = {**arrays, part: arrays[part].copy()}
        changed[part].flat[0] += 1
        checksums.add(data.content_sha256(changed.values()))
    checksums.add(data.content_sha256(array.reshape(-1) for array in arrays.values()))
    assert len(checksums) == 6


def test_mnist_rejects_other_content(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    assert "not the official MNIST" in refusal("mnist", str(tmp_path / "place"))
    assert not data.cache_folder().exists()


def test_unknown_choice_lists_the_choices() -> None:
    assert refusal("minst") == "There is no data set 'minst'; choose one of auto, mnist, sample"


def test_search_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step removes the location that was found last; a miniature replaces the official MNIST."""
    arrays = miniature()
    monkeypatch.setattr(data, "MNIST_SHA256", data.content_sha256(arrays.values()))
    files = gzipped_files(monkeypatch, arrays)
    requested = fake_network(monkeypatch, lambda address: files[address.split("/")[-1]])
    keras = tmp_path / "home" / ".keras" / "datasets"
    for place in (tmp_path / "argument", tmp_path / "variable", keras, tmp_path / "keras_home" / "datasets"):
        write_npz(place, arrays)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "variable"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras_home"))

    assert data.load("mnist", str(tmp_path / "argument")).source == f"npz file {tmp_path / 'argument' / 'mnist.npz'}"
    for choice in "mnist", "auto":
        assert data.load(choice).source == f"npz file {tmp_path / 'variable' / 'mnist.npz'}"
    monkeypatch.delenv("MNIST_DIR")
    assert data.load("mnist").source == data.load("auto").source == f"the cache {data.cache_folder()}"
    shutil.rmtree(data.cache_folder())
    assert data.load("auto").source == f"npz file {tmp_path / 'keras_home' / 'datasets' / 'mnist.npz'}"
    shutil.rmtree(data.cache_folder())
    monkeypatch.delenv("KERAS_HOME")
    assert data.load("mnist").source == f"npz file {keras / 'mnist.npz'}"
    shutil.rmtree(data.cache_folder())
    (keras / "mnist.npz").write_bytes(b"a broken copy of Keras's does not end the search")
    assert data.load("auto").name == "sample" and not requested, "the network is used only with data=mnist"
    dataset = data.load("mnist")
    assert (dataset.name, dataset.source, dataset.notice) == ("mnist", f"the download from {download.MIRRORS[0]}", "")
    assert sorted(requested) == sorted(f"{download.MIRRORS[0]}{name}.gz" for name in mnist_files.IDX)
    assert data.load("auto").source == f"the cache {data.cache_folder()}", "the download is cached"


def test_error_without_network_lists_the_alternatives() -> None:
    message = refusal("mnist")
    assert "the download failed" in message and "mnist.npz does not exist" in message
    assert "data.dir=FOLDER" in message and "MNIST_DIR" in message and "network" in message


def test_loading_data_imports_no_framework() -> None:
    code = (
        "import sys; from compare.execution import data; print(data.load().name)\n"
        "print(sorted({'torch', 'torchvision', 'tensorflow', 'keras', 'jax', 'pandas', 'mlxtend'} & set(sys.modules)))"
    )
    assert run_python(code).splitlines() == ["sample", "[]"]


def test_data_module_imports_numpy_only() -> None:
    code = "import sys, compare.execution.data; print({'pandas', 'rich', 'scipy'} & set(sys.modules))"
    assert run_python(code) == "set()"


@real_mnist
def test_official_mnist_is_recognized_in_every_format(tmp_path: Path) -> None:
    first = data.load("mnist", MNIST_DIR)
    assert (first.name, first.sha256, first.notice) == ("mnist", data.MNIST_SHA256, "")
    arrays = stored(first)
    assert [array.shape for array in arrays.values()] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
    assert list(arrays["train_labels"][:5]) == [5, 0, 4, 1, 9] and list(arrays["test_labels"][:3]) == [7, 2, 1]
    assert [hashlib.md5(idx(array)).hexdigest() for array in arrays.values()] == [
        "6bbc9ace898e44ae57da46a324031adb",  # as published for the four files, unpacked
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ]
    times = modification_times(first)
    for write in (write_idx, write_npz):
        write(tmp_path / write.__name__, arrays)
        again = data.load("auto", str(tmp_path / write.__name__))
        assert (again.name, again.sha256, again.notice, again.folder) == ("mnist", first.sha256, "", first.folder)
    assert modification_times(first) == times
    assert data.load("auto").source == f"the cache {data.cache_folder()}"


@real_mnist
def test_mnist_with_one_changed_pixel_is_rejected(tmp_path: Path) -> None:
    arrays = {part: np.array(array) for part, array in stored(data.load("mnist", MNIST_DIR)).items()}
    arrays["test_images"][-1, 27, 27] ^= 1
    write_idx(tmp_path / "place", arrays)
    assert data.load("auto", str(tmp_path / "place")).name == "custom"
    assert "not the official MNIST" in refusal("mnist", str(tmp_path / "place"))
