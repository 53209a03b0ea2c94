"""The download of MNIST: mirrors, damaged files and interruptions, with a network that is replaced."""

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from miniatures import (
    alone,  # noqa: F401 (a fixture that every test here uses)
    fake_network,
    gzipped_files,
    idx,
    miniature,
    refusal,
)

from compare.execution import data, download


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
