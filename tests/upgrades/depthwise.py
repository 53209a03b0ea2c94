"""A DepthwiseConv2D with strides and dilation: an error of TensorFlow's before Keras 3.15 (pull request 23027)."""

import keras


def build():
    model = keras.Sequential([
        keras.Input((12, 12, 3)),
        keras.layers.DepthwiseConv2D(3, strides=2, dilation_rate=2, padding="same"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ])
    model.compile(optimizer="sgd", loss="mse")
    return model
