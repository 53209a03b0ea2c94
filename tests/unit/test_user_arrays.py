"""A user's own arrays as the data of a call."""

from pathlib import Path

import numpy as np
import pytest

from compare.execution import user_arrays
from compare.execution.data import load
from compare.execution.errors import DataError
from compare.execution.settings import read_keywords

RANDOM = np.random.default_rng(0)
ARRAYS = (RANDOM.integers(0, 256, (20, 28, 28), np.uint8), np.arange(20) % 10,
          RANDOM.integers(0, 256, (10, 28, 28), np.uint8), np.arange(10))


def loaded(given, folder=Path()):
    return user_arrays.load(given, read_keywords(user_arrays.keyword(given)), folder)


def test_arrays_and_a_file_of_them_are_the_same_data(tmp_path):
    """Whole numbers of any type, with a last axis or without."""
    x_train, y_train, x_test, y_test = ARRAYS
    np.savez(tmp_path / "arrays.npz", x_train=x_train[..., None], y_train=y_train.astype(np.float32)[:, None],
             x_test=x_test.astype(int), y_test=y_test)
    given, file = loaded(ARRAYS), loaded("arrays.npz", tmp_path)
    assert given.sha256 == file.sha256 and given.name == file.name == "custom"
    images = np.load(given.folder / "train_images.npy")
    assert images.dtype == np.uint8 and np.array_equal(images, x_train)
    assert np.array_equal(np.load(given.folder / "test_labels.npy"), y_test)


def test_a_choice_by_name_is_that_of_the_command_line():
    assert loaded("sample").sha256 == load("sample").sha256


@pytest.mark.parametrize("given, message", [
    (ARRAYS[:2], r"data has 2 arrays; allowed: four, \(x_train, y_train, x_test, y_test\)\."),
    ((ARRAYS[0] / 255, *ARRAYS[1:]), r"data: x_train: float64 of shape \(20, 28, 28\); allowed: uint8 of shape "
     r"\(n, 28, 28\), n > 0. Give the pixels from 0 to 255; Data\(divisor=255\.0\) of a spec scales them"),
    ((ARRAYS[0][:, :20], *ARRAYS[1:]), r"data: x_train: uint8 of shape \(20, 20, 28\); allowed: uint8 of shape "),
    ((ARRAYS[0], np.arange(20), *ARRAYS[2:]), "data: y_train: label 19 at 19; allowed are 0 to 9"),
    ("none.npz", "data is 'none.npz', and there is no such file in /")])
def test_other_arrays_are_refused_in_one_sentence(given, message):
    with pytest.raises(DataError, match=message):
        loaded(given)
