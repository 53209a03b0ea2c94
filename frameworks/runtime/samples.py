"""Makes what a spec feeds its model from the images on disk. Python 3.6 and NumPy 1.16."""
import functools
import json
import os

import numpy as np

KEPT = 4
"""How many parts a warm worker caches: a run has few data sections, and making a part can take longer than an epoch."""


def load(folder, part, data):
    """Returns the samples (x, y) of one part, `train` or `test`, for the data section `data` of a spec (plain JSON).

    x is float32 of shape (n, 28, 28), (n, 784) or (n, 28, 28, 1). y is float32: one-hot of shape (n, classes), or class
    indices of shape (n, 1). `folder` holds PART_images.npy, uint8 of shape (n, 28, 28), and PART_labels.npy; they are
    memory-mapped, so that workers share them. The latest parts are cached, so their arrays must not be changed.
    """
    return _loaded(folder, part, json.dumps(data, sort_keys=True))


def orders(n, epochs, shuffle):
    """Returns an order of n samples for every epoch, of shape (epochs, n), drawn by NumPy's global generator.

    With `shuffle` of `once`, one order is drawn and used in every epoch.
    """
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


def mark(values):
    """Returns a checksum of the images or labels of a batch, one number, which depends on their order."""
    return ranked(weighed(values))


def weighed(samples):
    """Returns one number per sample, of shape (n,): the sum of (place + 1) · value over its pixels or classes."""
    rows = samples.reshape(len(samples), -1)
    return rows @ np.arange(1, rows.shape[1] + 1, dtype=rows.dtype)


def ranked(numbers):
    """Returns the checksum of a batch from the numbers of its samples: the mean of (place + 1) · number."""
    return np.mean(np.arange(1, len(numbers) + 1) * numbers)


def count(folder, part, data):
    """Returns how many samples of one part, `train` or `test`, the data section selects."""
    labels = np.load(os.path.join(folder, part + "_labels.npy"), mmap_mode="r")
    used = data["first"] or None if part == "train" else None
    return int(np.isin(labels[:used], data["classes"]).sum())
