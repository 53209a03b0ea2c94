"""A user's own arrays as the data of a call: data=(x_train, y_train, x_test, y_test), or data="arrays.npz"."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from compare.execution import data
from compare.execution.data import Dataset
from compare.execution.errors import DataError
from compare.execution.mnist_files import NPZ, checked, in_bytes, read_npz
from compare.execution.settings import Settings

Given = str | Path | Sequence[npt.ArrayLike] | None
"""A choice of the command line, an npz file, or four arrays: images of 28 × 28 whole numbers from 0 to 255, and labels
from 0 to 9."""


def keyword(given: Given) -> dict[str, str]:
    """The choice of the command line as a keyword; empty for a user's own arrays."""
    return {"data": given} if isinstance(given, str) and not _is_file(given) else {}


def printed(given: Given) -> dict[str, str]:
    """The keyword of a call as it is printed; arrays by their names."""
    return {} if given is None else {"data": given if isinstance(given, str) else "(x_train, …)"}


def load(given: Given, settings: Settings, folder: Path = Path()) -> Dataset:
    """The data set of a call; a file is relative to `folder`. Raises DataError."""
    if given is None or keyword(given):
        return data.load(settings.data.choice, settings.data.dir)
    if isinstance(given, (str, Path)):
        file = folder / given
        if not os.path.isfile(file):  # also where a name is too long to ask for it
            raise DataError(f"data is {str(given)!r}, and there is no such file in {folder.resolve()}.")
        arrays: Sequence[npt.ArrayLike] = read_npz(file)
    else:
        arrays = given
    if len(arrays) != len(NPZ):
        raise DataError(f"data has {len(arrays)} arrays; allowed: four, ({', '.join(NPZ)}).")
    return data.stored(checked([in_bytes(np.asarray(array)) for array in arrays], [f"data: {name}" for name in NPZ]),
                       "data", "the arrays of the call")


def _is_file(given: str | Path) -> bool:
    return str(given).endswith(".npz")
