"""MaxPooling2D: the maximum of each window. Windows do not overlap. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart


class MaxPooling2D(LayerPart):
    """Pools each channel separately; pixels at the bottom and right that do not fill a window are ignored."""

    def forward(self, layer, x):
        return _tiles(x, layer["pool_size"]).max(3)

    def pullback(self, layer, x, y, gradient):
        """Return the gradient of the input: each window's gradient goes to the first of its maximal elements."""
        size, (n, height, width, channels) = layer["pool_size"], y.shape
        tiles = _tiles(x, size)
        of_tiles = np.zeros_like(tiles)
        np.put_along_axis(of_tiles, np.expand_dims(tiles.argmax(3), 3), gradient[:, :, :, np.newaxis], 3)
        of_pixels = of_tiles.reshape(n, height, width, size, size, channels).transpose(0, 1, 3, 2, 4, 5)
        image = np.zeros_like(x)
        image[:, :height * size, :width * size] = of_pixels.reshape(n, height * size, width * size, channels)
        return image

    def examples(self):
        from scenarios.spec import Conv2D, Flatten, MaxPooling2D
        return (Conv2D(2, 3), MaxPooling2D(), Flatten("channels_first")),


def _tiles(x, size):
    """Return the elements of every window, of shape (batch, rows, columns, size · size, channels)."""
    n, (rows, columns), channels = len(x), (side // size for side in x.shape[1:3]), x.shape[3]
    tiles = x[:, :rows * size, :columns * size].reshape(n, rows, size, columns, size, channels)
    return tiles.transpose(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, size * size, channels)


PART = MaxPooling2D()
