"""Forward and backward of the layers of images. Arrays have shape (batch, height, width, channels)."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from frameworks.runtime.layers import margins


def conv2d(layer, x, kernel, bias):
    """Goodfellow et al. 2016, equation 9.6."""
    windows = _windows(_surrounded(layer, x), layer["kernel_size"], layer["strides"])
    return windows.reshape(*windows.shape[:3], -1) @ kernel.reshape(-1, kernel.shape[-1]) + bias


def conv2d_pullback(layer, x, y, g, kernel, bias):
    outer, filters = _surrounded(layer, x), kernel.reshape(-1, kernel.shape[-1])
    of_windows = (g @ filters.T).reshape(*g.shape[:3], *kernel.shape[:3])
    return _inner(layer, x, _added_up(of_windows, outer, layer["strides"]))


def conv2d_of_weights(layer, x, g):
    """A bias adds up one place after the other, as PyTorch's does: in float32, thousands of places round visibly."""
    windows = _windows(_surrounded(layer, x), layer["kernel_size"], layer["strides"])
    flat = g.reshape(-1, g.shape[-1])
    of_kernel = windows.reshape(len(flat), -1).T @ flat
    return of_kernel.reshape(*windows.shape[3:], -1), np.cumsum(flat, 0)[-1]


def max_pooling(layer, x):
    return _tiles(x, layer["pool_size"]).max(3)


def max_pooling_pullback(layer, x, y, g):
    """The whole gradient of a window goes to its first largest number."""
    size, (n, height, width, channels) = layer["pool_size"], y.shape
    tiles = _tiles(x, size)
    chosen = np.zeros_like(tiles)
    np.put_along_axis(chosen, tiles.argmax(3, keepdims=True), g[:, :, :, np.newaxis], 3)
    whole = chosen.reshape(n, height, width, size, size, channels).transpose(0, 1, 3, 2, 4, 5)
    found = np.zeros_like(x)
    found[:, :height * size, :width * size] = whole.reshape(n, height * size, width * size, channels)
    return found


def average_pooling(layer, x):
    windows = _windows(_surrounded(layer, x), layer["pool_size"], _strides(layer))
    return windows.sum((3, 4)) / _counted(layer, x)


def average_pooling_pullback(layer, x, y, g):
    outer = _surrounded(layer, x)
    windows = _windows(outer, layer["pool_size"], _strides(layer))
    each = np.broadcast_to((g / _counted(layer, x))[:, :, :, np.newaxis, np.newaxis], windows.shape)
    return _inner(layer, x, _added_up(each, outer, _strides(layer)))


def _strides(layer):
    return 1 if layer["padding"] == "same" else layer["pool_size"]


def _counted(layer, x):
    """How many numbers a mean is of; the textbook does not know padding, Keras's count is taken."""
    size = layer["pool_size"]
    if layer["counts_padding"]:
        return x.dtype.type(size * size)
    return _windows(_surrounded(layer, np.ones_like(x[:1, :, :, :1])), size, _strides(layer)).sum((3, 4))


def _surrounded(layer, x):
    return np.pad(x, ((0, 0), margins(layer, x.shape[1]), margins(layer, x.shape[2]), (0, 0)))


def _inner(layer, x, outer):
    top, left = margins(layer, x.shape[1])[0], margins(layer, x.shape[2])[0]
    return outer[:, top:top + x.shape[1], left:left + x.shape[2]]


def _windows(x, size, strides):
    """Every window, of shape (batch, rows, columns, size, size, channels)."""
    return sliding_window_view(x, (size, size), (1, 2))[:, ::strides, ::strides].transpose(0, 1, 2, 4, 5, 3)


def _added_up(windows, outer, strides):
    """The gradient of an image from those of its windows."""
    found, (rows, columns, size) = np.zeros_like(outer), windows.shape[1:4]
    for i in range(size):
        for j in range(size):
            found[:, i:i + strides * rows:strides, j:j + strides * columns:strides] += windows[:, :, :, i, j]
    return found


def _tiles(x, size):
    """The numbers of every window that does not overlap, of shape (batch, rows, columns, size · size, channels)."""
    n, (rows, columns), channels = len(x), (side // size for side in x.shape[1:3]), x.shape[3]
    cut = x[:, :rows * size, :columns * size].reshape(n, rows, size, columns, size, channels)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, size * size, channels)
