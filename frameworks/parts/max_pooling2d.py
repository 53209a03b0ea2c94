"""MaxPooling2D: the largest number of every window; windows do not overlap. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart


class MaxPooling2D(LayerPart):
    """Channel by channel; places that fill no whole window are left out."""

    def forward(self, layer, x):
        return _tiles(x, layer["pool_size"]).max(3)

    def pullback(self, layer, x, y, gradient):
        """The whole gradient of a window goes to its first largest number."""
        size, (n, height, width, channels) = layer["pool_size"], y.shape
        tiles = _tiles(x, size)
        chosen = np.zeros_like(tiles)
        np.put_along_axis(chosen, np.expand_dims(tiles.argmax(3), 3), gradient[:, :, :, np.newaxis], 3)
        whole = chosen.reshape(n, height, width, size, size, channels).transpose(0, 1, 3, 2, 4, 5)
        image = np.zeros_like(x)
        image[:, :height * size, :width * size] = whole.reshape(n, height * size, width * size, channels)
        return image

    def examples(self):
        from scenarios.spec import Conv2D, Flatten, MaxPooling2D
        return (Conv2D(2, 3), MaxPooling2D(), Flatten("channels_first")),


def _tiles(x, size):
    """The numbers of every window, of shape (batch, rows, columns, size · size, channels)."""
    n, (rows, columns), channels = len(x), (side // size for side in x.shape[1:3]), x.shape[3]
    cut = x[:, :rows * size, :columns * size].reshape(n, rows, size, columns, size, channels)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, size * size, channels)


PART = MaxPooling2D()
