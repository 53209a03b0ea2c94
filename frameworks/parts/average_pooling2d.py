"""AveragePooling2D: the mean of each window; LeCun et al. 1998, section II.B. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.layer import LayerPart
from frameworks.parts.windows import padded, summed, unpadded, windows


class AveragePooling2D(LayerPart):
    """Pools each channel separately; inputs and outputs have shape (batch, height, width, channels).

    With padding="valid", windows do not overlap, and pixels at the bottom and right that do not fill one are ignored.
    With padding="same", the stride is 1 and every pixel is the center of a window.
    """

    def forward(self, layer, x):
        return windows(padded(layer, x), layer["pool_size"], _strides(layer)).sum((3, 4)) / _counts(layer, x)

    def pullback(self, layer, x, y, gradient):
        outer = padded(layer, x)
        shape = windows(outer, layer["pool_size"], _strides(layer)).shape
        of_windows = np.broadcast_to((gradient / _counts(layer, x))[:, :, :, np.newaxis, np.newaxis], shape)
        return unpadded(layer, x, summed(of_windows, outer, _strides(layer)))

    def rules(self):
        from frameworks.quirks.rule import UNPUBLISHED, field, keras, reference, torch
        return (
            field("AveragePooling2D.counts_padding", "forward", published=False, rules=(
                keras(value=False, evidence="keras/src/backend/tensorflow/nn.py:278: tf.nn.avg_pool"),
                torch(value=True, when=averages_over_padding, evidence="torch/nn/modules/pooling.py:766",
                      explanation="PyTorch's AvgPool2d includes the padding zeros in its means, Keras does not",
                      fix="pass `count_include_pad=False`"),
                torch(value=False, evidence="without padding, there is nothing to count"),
                reference(value=False, evidence=UNPUBLISHED))),
        )

    def examples(self):
        from scenarios.spec import AveragePooling2D, Conv2D, Flatten
        return (Conv2D(2, 3), AveragePooling2D(3, "same", False), Flatten("channels_first")),


def _strides(layer):
    return 1 if layer["padding"] == "same" else layer["pool_size"]


def _counts(layer, x):
    """Return the divisor of each mean: the number of pixels of its window, with padding only for `counts_padding`."""
    size = layer["pool_size"]
    if layer["counts_padding"]:
        return x.dtype.type(size * size)
    return windows(padded(layer, np.ones_like(x[:1, :, :, :1])), size, _strides(layer)).sum((3, 4))


def averages_over_padding(spec):
    """Whether the model has an average pooling layer with padding."""
    return any(type(layer).__name__ == "AveragePooling2D" and layer.padding == "same" for layer in spec.layers)


PART = AveragePooling2D()
