"""From the images on disk to what a spec feeds its model. Python 3.6 and NumPy 1.16."""
import functools
import json
import os

import numpy as np

KEPT = 4  # parts that a warm worker keeps: a run has few data sections, and making them can take longer than an epoch


def load(folder, part, data):
    """Samples of one part, `train` or `test`, as the spec's data section `data` (plain JSON) wants them.

    Returns x, float32 of shape (n, 28, 28), (n, 784) or (n, 28, 28, 1), and y, float32 of shape (n, classes), one-hot,
    or (n, 1).
    The images are memory-mapped uint8, so that workers share them. The newest parts are kept: nobody writes into them.
    """
    return _loaded(folder, part, json.dumps(data, sort_keys=True))


def orders(n, epochs, shuffle):
    """An order of n samples for every epoch, of shape (epochs, n), of NumPy's own seed; `once` draws only one."""
    if shuffle == "once":
        return np.tile(np.random.permutation(n), (epochs, 1))
    return np.array([np.random.permutation(n) for _ in range(epochs)])


@functools.lru_cache(maxsize=KEPT)
def _loaded(folder, part, section):
    data = json.loads(section)
    images = np.load(os.path.join(folder, part + "_images.npy"), mmap_mode="r")
    labels = np.load(os.path.join(folder, part + "_labels.npy"), mmap_mode="r")
    if part == "train" and data["first"]:
        images, labels = images[:data["first"]], labels[:data["first"]]
    place = np.full(10, -1)
    place[data["classes"]] = np.arange(len(data["classes"]))
    labels = place[np.asarray(labels)]
    kept = labels >= 0
    x = np.asarray(images if kept.all() else images[kept]).astype(np.float32)
    if data["divisor"] != 1:
        x /= np.float32(data["divisor"])
    labels = labels[kept]
    if data["labels"] == "one_hot":
        y = np.eye(len(data["classes"]), dtype=np.float32)[labels]
    else:
        y = labels.astype(np.float32).reshape(-1, 1)
    return (x.reshape(len(x), -1) if data["flatten"] else x[..., np.newaxis] if data["channel"] else x), y


def mark(some):
    """One number for the images or the labels of a batch, which another order changes."""
    return ranked(weighed(some))


def weighed(some):
    """One number for each of some samples: the sum of (place + 1) · value over its pixels, or its classes."""
    values = some.reshape(len(some), -1)
    return values @ np.arange(1, values.shape[1] + 1, dtype=values.dtype)


def ranked(numbers):
    """The mark of a batch from its samples' numbers: the mean of (place + 1) · number."""
    return np.mean(np.arange(1, len(numbers) + 1) * numbers)


def count(folder, part, data):
    """How many samples of one part, `train` or `test`, the data section keeps."""
    labels = np.load(os.path.join(folder, part + "_labels.npy"), mmap_mode="r")
    used = data["first"] or None if part == "train" else None
    return int(np.isin(labels[:used], data["classes"]).sum())
