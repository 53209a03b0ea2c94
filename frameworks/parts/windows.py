"""Windows of images: padding, and sums over windows. Python 3.6 and NumPy 1.16.

Images have shape (batch, height, width, channels).
"""
import numpy as np
from numpy.lib.stride_tricks import as_strided


def margins(layer, places):
    """(zeros before, zeros after) so many places a side of an image.

    Half a window on both sides, as in Dumoulin and Visin 2016, section 2.3, unless a layer has `padded="as_needed"`.
    """
    size = layer.get("kernel_size") or layer["pool_size"]
    if layer["padding"] == "valid":
        return 0, 0
    if layer.get("padded") != "as_needed":
        return size // 2, size // 2
    needed = max((-(-places // layer["strides"]) - 1) * layer["strides"] + size - places, 0)
    return needed // 2, needed - needed // 2


def padded(layer, x):
    """The image with the zeros of its padding."""
    return np.pad(x, ((0, 0), margins(layer, x.shape[1]), margins(layer, x.shape[2]), (0, 0)), mode="constant")


def unpadded(layer, x, outer):
    """The part of a padded image that is the image x."""
    top, left = margins(layer, x.shape[1])[0], margins(layer, x.shape[2])[0]
    return outer[:, top:top + x.shape[1], left:left + x.shape[2]]


def windows(x, size, strides):
    """Every window, of shape (batch, rows, columns, size, size, channels); a view."""
    (n, height, width, channels), (a, b, c, d) = x.shape, x.strides
    shape = n, (height - size) // strides + 1, (width - size) // strides + 1, size, size, channels
    return as_strided(x, shape, (a, b * strides, c * strides, b, c, d), writeable=False)


def summed(of_windows, outer, strides):
    """The gradient of an image from those of its windows."""
    image, (rows, columns, size) = np.zeros_like(outer), of_windows.shape[1:4]
    for i in range(size):
        for j in range(size):
            image[:, i:i + strides * rows:strides, j:j + strides * columns:strides] += of_windows[:, :, :, i, j]
    return image
