"""MNIST as the data of a check, if the model takes its images and has a matching output."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from compare.analysis.programs.description import Array
from compare.execution import data
from compare.execution.errors import DataError

SHAPES = ((28, 28), (28, 28, 1), (784,))
CLASSES = 10
NAMES = {"mnist": "MNIST", "sample": "a sample of MNIST"}


def samples(count: int, shape: tuple[int, ...], outputs: Sequence[Sequence[int]],
            sparse: bool) -> tuple[tuple[list[Array], list[Array]], str] | None:
    """The first images of MNIST between 0 and 1 with targets for the only output, and where they are from.

    Targets are labels or, unless `sparse`, one-hot vectors where there are 10 outputs, and the images themselves where
    an output is as large as they are. None where the output fits neither, or where MNIST is not on this machine.
    """
    if len(outputs) != 1 or tuple(outputs[0]) not in ((CLASSES,), shape):
        return None
    try:
        dataset = data.load()
    except DataError:
        return None
    if dataset.name not in NAMES:
        return None
    images, labels = (np.load(dataset.folder / f"train_{part}.npy", mmap_mode="r")[:count]
                      for part in ("images", "labels"))
    inputs = (images / 255.0).reshape(len(images), *shape)
    source = f"the first {len(images)} images of {NAMES[dataset.name]}, divided by 255"
    if tuple(outputs[0]) == shape:
        return ([inputs], [inputs]), source + ", which are the targets too"
    labels = np.asarray(labels, dtype="int64")
    return ([inputs], [labels if sparse else np.eye(CLASSES)[labels]]), source
