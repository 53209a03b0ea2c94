"""The cache of data sets: shared by all formats, repaired where it is damaged, and never half written."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from miniatures import (
    alone,  # noqa: F401 (a fixture that every test here uses)
    flipped,
    miniature,
    modification_times,
    refusal,
    stored,
    write_gz,
    write_idx,
    write_npz,
)
from processes import run_python

from compare.execution import data


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
