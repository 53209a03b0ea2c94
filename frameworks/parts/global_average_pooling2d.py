"""GlobalAveragePooling2D: the mean of every channel; Lin et al. 2014, section 3.2. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart


class GlobalAveragePooling2D(LayerPart):
    """An image of shape (batch, height, width, channels) becomes rows of shape (batch, channels)."""

    def forward(self, layer, x):
        return x.mean((1, 2))

    def pullback(self, layer, x, y, gradient):
        places = x.dtype.type(x.shape[1] * x.shape[2])
        return np.broadcast_to((gradient / places)[:, np.newaxis, np.newaxis], x.shape)

    def examples(self):
        from scenarios.spec import Activation, Conv2D, GlobalAveragePooling2D
        return (Conv2D(2, 3), Activation("tanh"), GlobalAveragePooling2D()),


PART = GlobalAveragePooling2D()
