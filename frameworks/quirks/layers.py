"""The table's rows of layers that are no activations."""

from __future__ import annotations

from functools import partial

from frameworks.quirks.conditions import keras, reference, torch
from frameworks.quirks.resolution import DefaultRule
from scenarios.spec import AveragePooling2D, Conv2D, FanInUniform, GlorotUniform, Spec, Zeros

STAGE_OF = {"Conv2D.kernel": "initialization", "Conv2D.bias": "initialization", "Conv2D.padded": "forward",
            "Flatten.order": "forward",
           "AveragePooling2D.counts_padding": "forward", "LayerNormalization.epsilon": "forward",
           "BatchNormalization.epsilon": "forward", "BatchNormalization.momentum": "update",
           "BatchNormalization.variance": "update"}
WITHOUT_REFERENCE_VALUE = ("Flatten.order", "AveragePooling2D.counts_padding", "LayerNormalization.epsilon",
               "BatchNormalization.epsilon", "BatchNormalization.momentum")

port = partial(DefaultRule, framework="lightning", origin="PyTorch", convention=True)


def strides_over_padding(spec: Spec) -> bool:
    """Whether a convolution moves by more than a place over zeros that were put around, so that it matters where."""
    return any(isinstance(layer, Conv2D) and layer.padding == "same" and layer.strides > 1 for layer in spec.layers)


def averages_over_padding(spec: Spec) -> bool:
    return any(isinstance(layer, AveragePooling2D) and layer.padding == "same" for layer in spec.layers)


def channels(spec: Spec) -> bool:
    return spec.data.channel


NOWHERE = "wherever zeros are put without strides, both are the same"
ROWS = (
    keras("Conv2D.kernel", value=GlorotUniform(), evidence="keras/src/layers/convolutional/conv2d.py:109"),
    keras("Conv2D.bias", value=Zeros(), evidence="keras/src/layers/convolutional/conv2d.py:110"),
    torch("Conv2D.kernel", value=FanInUniform(), evidence="torch/nn/modules/conv.py:196",
          explanation="PyTorch draws convolution kernels uniformly within 1 / sqrt(inputs), Keras by Glorot uniform",
          fix="`nn.init.xavier_uniform_(conv.weight)` gives Keras's initialization"),
    torch("Conv2D.bias", value=FanInUniform(), evidence="torch/nn/modules/conv.py:201",
          explanation="PyTorch initializes biases randomly, Keras with zeros", fix="`nn.init.zeros_(conv.bias)`"),
    reference("Conv2D.kernel", value=GlorotUniform(), evidence="Glorot and Bengio 2010, equation 16"),
    reference("Conv2D.bias", value=Zeros(), evidence="Glorot and Bengio 2010, section 2.3"),
    keras("Conv2D.padded", value="as_needed",
          evidence="keras/src/backend/tensorflow/nn.py:812: tf.nn.convolution, SAME",
          explanation="Keras's padding=\"same\" pads with as few zeros as the strides need, the odd one at the bottom "
                      "and right",
          fix="for zeros on all sides, put `keras.layers.ZeroPadding2D` before a convolution with `padding=\"valid\"`"),
    port("Conv2D.padded", value="symmetric", when=strides_over_padding,
         evidence="torch.nn.Conv2d's documentation: padding='same' is not for strides, a number is for both sides",
         explanation="`Conv2d(padding=kernel_size // 2)` pads every side of the image with zeros",
         fix="for Keras's padding, put `nn.ZeroPad2d` before it; for a 3x3 kernel with stride 2 that is "
             "`nn.ZeroPad2d((0, 1, 0, 1))`"),
    torch("Conv2D.padded", value="as_needed", evidence=NOWHERE),
    reference("Conv2D.padded", value="symmetric", when=strides_over_padding,
             evidence="Dumoulin and Visin 2016, section 2.3"),
    reference("Conv2D.padded", value="as_needed", evidence=NOWHERE),
    keras("Flatten.order", value="channels_last", evidence="keras/src/layers/reshaping/flatten.py:58"),
    torch("Flatten.order", value="channels_first", when=channels, evidence="torch/nn/modules/flatten.py:46",
          explanation="PyTorch flattens an image channel by channel (NCHW), Keras pixel by pixel (NHWC), so that the "
                      "rows of the next kernel are in another order",
          fix="permute the rows of the first kernel after Flatten, or flatten `x.permute(0, 2, 3, 1)`"),
    torch("Flatten.order", value="channels_last", evidence="an image without channels has one order"),
    reference("Flatten.order", value="channels_last", evidence="no textbook has one: Keras's is taken"),
    keras("AveragePooling2D.counts_padding", value=False,
          evidence="keras/src/backend/tensorflow/nn.py:278: tf.nn.avg_pool"),
    torch("AveragePooling2D.counts_padding", value=True, when=averages_over_padding,
          evidence="torch/nn/modules/pooling.py:766",
          explanation="PyTorch's AvgPool2d includes the padding zeros in its means, Keras does not",
          fix="pass `count_include_pad=False`"),
    torch("AveragePooling2D.counts_padding", value=False, evidence="without padding, there is nothing to count"),
    reference("AveragePooling2D.counts_padding", value=False, evidence="no textbook has one: Keras's is taken"),
    keras("LayerNormalization.epsilon", value=1e-3,
          evidence="keras/src/layers/normalization/layer_normalization.py:108",
          explanation="Keras's LayerNormalization adds 1e-3 to the variance, PyTorch's 1e-5",
          fix="pass `epsilon=1e-5`"),
    torch("LayerNormalization.epsilon", value=1e-5, evidence="torch/nn/modules/normalization.py:191",
          explanation="PyTorch's LayerNorm adds 1e-5 to the variance, Keras's 1e-3", fix="pass `eps=1e-3`"),
    reference("LayerNormalization.epsilon", value=1e-3, evidence="the paper has none: Keras's is taken"),
    keras("BatchNormalization.epsilon", value=1e-3,
          evidence="keras/src/layers/normalization/batch_normalization.py:164",
          explanation="Keras's BatchNormalization adds 1e-3 to the variance, PyTorch's 1e-5",
          fix="pass `epsilon=1e-5`"),
    torch("BatchNormalization.epsilon", value=1e-5, evidence="torch/nn/modules/batchnorm.py:38",
          explanation="PyTorch's batch normalization adds 1e-5 to the variance, Keras's 1e-3", fix="pass `eps=1e-3`"),
    reference("BatchNormalization.epsilon", value=1e-3, evidence="the paper gives no number: Keras's is taken"),
    keras("BatchNormalization.momentum", value=0.99,
          evidence="keras/src/layers/normalization/batch_normalization.py:163",
          explanation="Keras's BatchNormalization has momentum 0.99: moving statistics keep .99 of their value in "
                      "every step, PyTorch's keep .9",
          fix="pass `momentum=0.9`, which is PyTorch's `momentum=0.1` (PyTorch's momentum is the share of the new "
              "value)"),
    torch("BatchNormalization.momentum", value=0.9, evidence="torch/nn/modules/batchnorm.py:39",
          explanation="PyTorch's running statistics keep .9 of their value in every step, Keras's moving statistics "
                      ".99",
          fix="pass `momentum=0.01`, which is Keras's `momentum=0.99` (PyTorch's momentum is the share of the new "
              "value)"),
    reference("BatchNormalization.momentum", value=0.99, evidence="the paper gives no number: Keras's is taken"),
    keras("BatchNormalization.variance", value="twice", packages=(("Keras", "", "2.3.1"),),
          evidence="keras/layers/normalization.py:195 (2.3.1)",
          explanation="Keras up to 2.3 multiplies the batch variance by n / (n - 1) for the moving variance, for "
                      "images twice",
          fix="use a later Keras, or large batches"),
    keras("BatchNormalization.variance", value="unbiased_images",
          packages=(("tf.keras", "", ""), ("tf_keras", "", "")), evidence="tf_keras/src/layers/normalization/"
          "batch_normalization.py:963: tf.compat.v1.nn.fused_batch_norm, for images only",
          explanation="the moving variance follows the biased batch variance for rows of numbers, and the unbiased "
                      "one for images (fused operation)",
          fix="use large batches, for which both are nearly the same"),
    keras("BatchNormalization.variance", value="biased",
          evidence="keras/src/layers/normalization/batch_normalization.py:388",
          explanation="Keras's moving variance follows the biased batch variance (divided by n), PyTorch's the "
                      "unbiased one (by n - 1)",
          fix="use large batches, for which both are nearly the same"),
    torch("BatchNormalization.variance", value="unbiased", evidence="torch/nn/modules/batchnorm.py:323"),
    reference("BatchNormalization.variance", value="unbiased",
             evidence="Ioffe and Szegedy 2015, algorithm 2, line 10"),
)
