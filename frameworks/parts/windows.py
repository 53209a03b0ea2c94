"""Padding and windows of images, with their gradients. Python 3.6 and NumPy 1.16.

Images have shape (batch, height, width, channels).
"""
import numpy as np
from numpy.lib.stride_tricks import as_strided


def margins(layer, length):
    """Return (zeros before, zeros after) for one axis of an image, which has `length` pixels.

    With padding="valid", there are none. With padding="same", both are half a window, rounded down (Dumoulin and Visin
    2016, section 2.2.1), or, with `padded="as_needed"`, as few as possible for ceil(length / strides) windows.
    """
    size = layer.get("kernel_size") or layer["pool_size"]
    if layer["padding"] == "valid":
        return 0, 0
    if layer.get("padded") != "as_needed":
        return size // 2, size // 2
    needed = max((-(-length // layer["strides"]) - 1) * layer["strides"] + size - length, 0)
    return needed // 2, needed - needed // 2


def padded(layer, x):
    """Return the images with zero padding."""
    return np.pad(x, ((0, 0), margins(layer, x.shape[1]), margins(layer, x.shape[2]), (0, 0)), mode="constant")


def unpadded(layer, x, outer):
    """Return the part of the padded array `outer` that corresponds to x."""
    top, left = margins(layer, x.shape[1])[0], margins(layer, x.shape[2])[0]
    return outer[:, top:top + x.shape[1], left:left + x.shape[2]]


def windows(x, size, strides):
    """Return every window of the images x as a read-only view of shape (batch, rows, columns, size, size, channels)."""
    (n, height, width, channels), (a, b, c, d) = x.shape, x.strides
    shape = n, (height - size) // strides + 1, (width - size) // strides + 1, size, size, channels
    return as_strided(x, shape, (a, b * strides, c * strides, b, c, d), writeable=False)


def summed(of_windows, outer, strides):
    """Return the gradient of the padded images `outer` from the gradient of `windows(outer, size, strides)`."""
    image, (rows, columns, size) = np.zeros_like(outer), of_windows.shape[1:4]
    for i in range(size):
        for j in range(size):
            image[:, i:i + strides * rows:strides, j:j + strides * columns:strides] += of_windows[:, :, :, i, j]
    return image
