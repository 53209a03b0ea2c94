"""compare/data.py: every layout and refusal, the order of look-up, the cache; the real MNIST where MNIST_DIR is set."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
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

from compare import data, layouts


def test_the_hash_sees_pixels_labels_and_shapes() -> None:
    arrays = miniature()
    seen = {data.content_sha256(arrays.values())}
    for part in data.PARTS:
        changed = {**arrays, part: arrays[part].copy()}
        changed[part].flat[0] += 1
        seen.add(data.content_sha256(changed.values()))
    seen.add(data.content_sha256(array.reshape(-1) for array in arrays.values()))
    assert len(seen) == 6


def test_mnist_refuses_other_content(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    assert "not the official MNIST" in refusal("mnist", str(tmp_path / "place"))
    assert not data.cache_folder().exists()


def test_an_unknown_choice_names_the_choices() -> None:
    assert refusal("minst") == "There is no data set 'minst'; choose one of auto, mnist, digits"


def test_order_of_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step takes away the place that was found last; a miniature plays the official MNIST."""
    arrays = miniature()
    monkeypatch.setattr(data, "MNIST_SHA256", data.content_sha256(arrays.values()))
    ran: list[str] = []

    def child(script: str, seconds: float, *arguments: str) -> None:
        ran.append(script)
        if arguments:
            write_idx(Path(arguments[0], "MNIST", "raw"), arrays)

    monkeypatch.setattr(data, "_child", child)
    keras = tmp_path / "home" / ".keras" / "datasets"
    for place in (tmp_path / "argument", tmp_path / "variable", keras, tmp_path / "keras_home" / "datasets"):
        write_npz(place, arrays)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "variable"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras_home"))

    assert data.load("mnist", str(tmp_path / "argument")).source == f"npz file {tmp_path / 'argument' / 'mnist.npz'}"
    assert data.load("mnist").source == f"npz file {tmp_path / 'variable' / 'mnist.npz'}"
    monkeypatch.delenv("MNIST_DIR")
    assert data.load("mnist").source == f"the cache {data.cache_folder()}"
    shutil.rmtree(data.cache_folder())
    assert data.load("mnist").source == f"npz file {tmp_path / 'keras_home' / 'datasets' / 'mnist.npz'}"
    shutil.rmtree(data.cache_folder())
    monkeypatch.delenv("KERAS_HOME")
    assert data.load("mnist").source == f"npz file {keras / 'mnist.npz'}"
    shutil.rmtree(data.cache_folder())
    (keras / "mnist.npz").write_bytes(b"a broken copy of Keras's does not end the search")
    assert not ran
    found = data.load("auto")
    assert (found.name, found.source, found.notice) == ("mnist", "torchvision's download", "")
    assert ran == [data._REACH, data._DOWNLOAD]


@pytest.mark.parametrize("left", ["nothing", "a truncated file", "other images"])
def test_a_download_is_checked_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str) -> None:
    places = []

    def child(script: str, seconds: float, *arguments: str) -> None:
        for argument in arguments:
            places.append(Path(argument))
            if left != "nothing":
                write_idx(Path(argument, "MNIST", "raw"), miniature())
            if left == "a truncated file":
                images = Path(argument, "MNIST", "raw", layouts.IDX[0])
                images.write_bytes(images.read_bytes()[:-1])

    monkeypatch.setattr(data, "_child", child)
    message = refusal("mnist")
    assert {"nothing": "holds no MNIST", "a truncated file": "5,503", "other images": "official"}[left] in message
    assert len(places) == 1 and not places[0].exists() and not data.cache_folder().exists()


def test_without_a_network_the_answer_comes_soon_and_tells_the_ways() -> None:
    message = refusal("mnist")
    assert "the download failed" in message and "mnist.npz does not exist" in message
    assert "data.dir=FOLDER" in message and "MNIST_DIR" in message and "network" in message


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import time; time.sleep(60)", "had not ended after 0.5 s"),
        ("import sys; print('reason', file=sys.stderr); sys.exit(1)", "failed (reason)"),
        ("import os; os._exit(3)", "failed (exit code 3)"),
    ],
)
def test_a_child_that_fails_or_hangs_is_an_error(script: str, words: str) -> None:
    with pytest.raises(layouts.DataError, match=words.replace("(", r"\(").replace(")", r"\)")):
        data._child(script, 0.5)


def test_the_working_directory_is_not_on_the_childs_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torchvision.py").write_text("print('planted')")
    monkeypatch.chdir(tmp_path)
    data._child("import sys; assert '' not in sys.path and sys.argv[1] == 'x'", 10, "x")


def test_digits_stand_in_with_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = data.load()
    assert dataset.name == "digits" and dataset.sha256 == data.DIGITS_SHA256
    assert "download failed" in dataset.notice and data.REMEDY in dataset.notice
    arrays = stored(dataset)
    assert [array.shape for array in arrays.values()] == [(1500, 28, 28), (1500,), (297, 28, 28), (297,)]
    assert all(array.dtype == np.uint8 for array in arrays.values())
    assert arrays["train_images"].min() == 0 and arrays["train_images"].max() == 255
    assert set(arrays["train_labels"]) == set(arrays["test_labels"]) == set(range(10))

    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)  # from the cache now: an import would fail
    monkeypatch.setattr(data, "_official", lambda: pytest.fail("digits need no MNIST"))
    monkeypatch.setenv("MNIST_DIR", "nowhere")
    asked = data.load("digits")
    assert (asked.folder, asked.sha256) == (dataset.folder, dataset.sha256)
    assert "as asked for" in asked.notice and "failed" not in asked.notice
    shutil.rmtree(data.cache_folder())
    assert "nor can scikit-learn be imported" in refusal("digits")


def test_upsampling_is_bilinear() -> None:
    """Against NumPy's own interpolation in float64, and by hand: flat stays flat, the outermost pixels continue."""
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8))
    positions = (np.arange(28) + 0.5) * 8 / 28 - 0.5
    rows = np.apply_along_axis(lambda line: np.interp(positions, np.arange(8), line), 1, images)
    both = np.apply_along_axis(lambda line: np.interp(positions, np.arange(8), line), 2, rows)
    assert np.abs(data._upsample(images) - both * 255 / 16).max() <= 0.5 + 1e-9
    assert np.array_equal(data._upsample(np.full((1, 8, 8), 16)), np.full((1, 28, 28), 255))
    ramp = np.tile(np.arange(8) * 2, (1, 8, 1))
    assert list(data._upsample(ramp)[0, 0, [0, 1, 2, 27]]) == [0, 0, 7, 223]  # 0, 0, 3/14 and 7 steps of 31.875


def modified(dataset: data.Dataset) -> dict[str, int]:
    return {part: (dataset.folder / f"{part}.npy").stat().st_mtime_ns for part in data.PARTS}


def test_the_cache_is_reused_by_every_format(tmp_path: Path) -> None:
    write_gz(tmp_path / "gz", miniature())
    write_npz(tmp_path / "npz", miniature())
    first = data.load("auto", str(tmp_path / "gz"))
    times = modified(first)
    assert data.load("auto", str(tmp_path / "npz")).folder == first.folder
    assert modified(first) == times
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
def test_a_half_made_cache_is_made_whole(tmp_path: Path, damage: Callable[[Path], None], part: str) -> None:
    arrays = miniature(train=300, test=300)
    write_idx(tmp_path / "place", arrays)
    dataset = data.load("auto", str(tmp_path / "place"))
    damage(dataset.folder / f"{part}.npy")
    assert data._whole(data.cache_folder(), dataset.sha256) is None
    assert data.load("auto", str(tmp_path / "place")) == dataset
    assert all(np.array_equal(array, arrays[part]) for part, array in stored(dataset).items())


def test_a_repair_does_not_change_what_another_process_has_mapped(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    dataset = data.load("auto", str(tmp_path / "place"))
    wrong_pixel(dataset.folder / "test_images.npy")
    mapped = stored(dataset)["test_images"]
    before = mapped.tobytes()
    assert data.load("auto", str(tmp_path / "place")) == dataset
    assert mapped.tobytes() == before != stored(dataset)["test_images"].tobytes()


def test_a_write_that_fails_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, at the second file, in the cache and in the temporary folder alike."""
    save = np.save

    def full(file: Path, array: np.ndarray) -> None:
        if file.name == "train_labels.npy":
            raise OSError("No space left on device")
        save(file, array)

    monkeypatch.setattr(np, "save", full)
    monkeypatch.setattr(data, "_temporary_folder", lambda: tmp_path / "temporary")
    write_idx(tmp_path / "place", miniature())
    assert "neither to" in refusal("auto", str(tmp_path / "place")) and not list(tmp_path.rglob(".writing-*"))


def run(code: str, **environment: str) -> str:
    """What a fresh interpreter prints, in the repository's root."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout.strip()


def test_an_unwritable_cache_means_a_temporary_folder(tmp_path: Path) -> None:
    write_idx(tmp_path / "place", miniature())
    (tmp_path / "file").write_text("not a folder")
    code = (
        "from compare import data; a = data.load('auto', 'PLACE'); b = data.load('auto', 'PLACE')\n"
        "assert a.folder == b.folder and len(list(a.folder.iterdir())) == 4; print(a.folder)"
    )
    folder = Path(run(code.replace("PLACE", str(tmp_path / "place")), XDG_CACHE_HOME=str(tmp_path / "file")))
    assert folder.is_absolute() and tmp_path not in folder.parents
    assert not folder.exists() and not folder.parents[1].exists()


def test_no_framework_comes_into_this_process() -> None:
    code = (
        "import sys; from compare import data; print(data.load().name)\n"
        "print(sorted({'torch', 'torchvision', 'tensorflow', 'keras', 'jax'} & set(sys.modules)))"
    )
    assert run(code).splitlines() == ["digits", "[]"]


def test_importing_it_brings_numpy_only() -> None:
    assert run("import sys, compare.data; print('sklearn' in sys.modules, 'scipy' in sys.modules)") == "False False"


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
def test_cache_folder(monkeypatch: pytest.MonkeyPatch, platform: str, xdg: str, folder: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    monkeypatch.setattr(sys, "platform", platform)
    assert data.cache_folder() == Path(folder).expanduser() / "keras-or-me"


@real_mnist
def test_the_official_mnist_is_recognized_in_every_format(tmp_path: Path) -> None:
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
    times = modified(first)
    for write in (write_idx, write_npz):
        write(tmp_path / write.__name__, arrays)
        again = data.load("auto", str(tmp_path / write.__name__))
        assert (again.name, again.sha256, again.notice, again.folder) == ("mnist", first.sha256, "", first.folder)
    assert modified(first) == times
    assert data.load("auto").source == f"the cache {data.cache_folder()}"


@real_mnist
def test_one_changed_pixel_is_not_mnist(tmp_path: Path) -> None:
    arrays = {part: np.array(array) for part, array in stored(data.load("mnist", MNIST_DIR)).items()}
    arrays["test_images"][-1, 27, 27] ^= 1
    write_idx(tmp_path / "place", arrays)
    assert data.load("auto", str(tmp_path / "place")).name == "custom"
    assert "not the official MNIST" in refusal("mnist", str(tmp_path / "place"))
