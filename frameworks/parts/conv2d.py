"""Conv2D: cross-correlation of images with square kernels; Goodfellow et al. 2016, equation 9.6.

Python 3.6 and NumPy 1.16.
"""
import numpy as np

from frameworks.parts.layer import LayerPart
from frameworks.parts.windows import padded, summed, unpadded, windows


class Conv2D(LayerPart):
    """The kernel has shape (kernel_size, kernel_size, channels, filters), the bias (filters,)."""

    names = ("kernel", "bias")

    def sizes(self, layer, inputs):
        size = layer["kernel_size"]
        return {"kernel": (size, size, inputs, layer["filters"]), "bias": (layer["filters"],)}

    def fans(self, layer, inputs):
        area = layer["kernel_size"] ** 2
        return area * inputs, area * layer["filters"]

    def forward(self, layer, x, kernel, bias):
        of_image = windows(padded(layer, x), layer["kernel_size"], layer["strides"])
        return of_image.reshape(of_image.shape[:3] + (-1,)) @ kernel.reshape(-1, kernel.shape[-1]) + bias

    def pullback(self, layer, x, y, gradient, kernel, bias):
        of_windows = (gradient @ kernel.reshape(-1, kernel.shape[-1]).T).reshape(gradient.shape[:3] + kernel.shape[:3])
        return unpadded(layer, x, summed(of_windows, padded(layer, x), layer["strides"]))

    def weight_gradients(self, layer, x, gradient):
        """Return the gradients of kernel and bias.

        The gradient of the bias is summed position by position, as in PyTorch: in float32, the rounding errors of a sum
        over thousands of positions depend visibly on the order.
        """
        of_image = windows(padded(layer, x), layer["kernel_size"], layer["strides"])
        flat = gradient.reshape(-1, gradient.shape[-1])
        of_kernel = of_image.reshape(len(flat), -1).T @ flat
        return of_kernel.reshape(of_image.shape[3:] + (-1,)), np.cumsum(flat, 0)[-1]

    def rules(self):
        from frameworks.quirks.rule import field, keras, port, reference, torch
        from scenarios.spec import FanInUniform, GlorotUniform, Zeros
        return (
            field("Conv2D.kernel", "initialization", rules=(
                keras(value=GlorotUniform(), evidence="keras/src/layers/convolutional/conv2d.py:109"),
                torch(value=FanInUniform(), evidence="torch/nn/modules/conv.py:196",
                      explanation="PyTorch draws convolution kernels uniformly within 1 / sqrt(fan-in), Keras within "
                                  "sqrt(6 / (fan-in + fan-out)) (Glorot uniform)",
                      fix="`nn.init.xavier_uniform_(conv.weight)` gives Keras's initialization"),
                reference(value=GlorotUniform(), evidence="Glorot and Bengio 2010, equation 16"))),
            field("Conv2D.bias", "initialization", rules=(
                keras(value=Zeros(), evidence="keras/src/layers/convolutional/conv2d.py:110"),
                torch(value=FanInUniform(), evidence="torch/nn/modules/conv.py:201",
                      explanation="PyTorch initializes biases randomly, Keras with zeros",
                      fix="`nn.init.zeros_(conv.bias)`"),
                reference(value=Zeros(), evidence="Glorot and Bengio 2010, section 2.3"))),
            field("Conv2D.padded", "forward", rules=(
                keras(value="as_needed", evidence="keras/src/backend/tensorflow/nn.py:812: tf.nn.convolution, SAME",
                      explanation="Keras's `padding=\"same\"` adds only as many zeros as the strides need, the odd one "
                                  "at the bottom and right",
                      fix="for zeros on all sides, put `keras.layers.ZeroPadding2D` before a convolution with "
                          "`padding=\"valid\"`"),
                port(value="symmetric", when=strides_over_padding,
                     evidence="torch.nn.Conv2d's documentation: padding='same' does not support strides, and a number "
                              "pads both sides",
                     explanation="`Conv2d(padding=kernel_size // 2)` pads every side of the image with zeros",
                     fix="for Keras's padding, put `nn.ZeroPad2d` before it; for a 3x3 kernel with stride 2 that is "
                         "`nn.ZeroPad2d((0, 1, 0, 1))`"),
                torch(value="as_needed", evidence="with stride 1, both kinds of padding are the same"),
                reference(value="symmetric", when=strides_over_padding,
                          evidence="Dumoulin and Visin 2016, sections 2.2.1 and 2.4"),
                reference(value="as_needed", evidence="with stride 1, both kinds of padding are the same"))),
        )

    def examples(self):
        from scenarios.spec import Activation, Conv2D, Flatten
        return (Conv2D(2, 3, 2, "same", "as_needed"), Activation("tanh"), Flatten("channels_last")),


def strides_over_padding(spec):
    """Whether a convolution has padding and a stride above 1, for which frameworks pad different sides."""
    return any(type(layer).__name__ == "Conv2D" and layer.padding == "same" and layer.strides > 1
               for layer in spec.layers)


PART = Conv2D()
