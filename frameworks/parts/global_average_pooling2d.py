"""GlobalAveragePooling2D: the mean of each channel; Lin et al. 2014, section 3.2. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart


class GlobalAveragePooling2D(LayerPart):
    """Averages images of shape (batch, height, width, channels) to an array of shape (batch, channels)."""

    def forward(self, layer, x):
        return x.mean((1, 2))

    def pullback(self, layer, x, y, gradient):
        pixels = x.dtype.type(x.shape[1] * x.shape[2])
        return np.broadcast_to((gradient / pixels)[:, np.newaxis, np.newaxis], x.shape)

    def examples(self):
        from scenarios.spec import Activation, Conv2D, GlobalAveragePooling2D
        return (Conv2D(2, 3), Activation("tanh"), GlobalAveragePooling2D()),


PART = GlobalAveragePooling2D()
