"""ESPCN: depth to space at the end, as TensorFlow orders it."""
import keras
from keras import layers, ops


def depth_to_space(x, block=2):
    _, h, w, c = x.shape
    c_out = c // block ** 2
    x = ops.reshape(x, (-1, h, w, block, block, c_out))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, h * block, w * block, c_out))


class DepthToSpace(layers.Layer):
    def __init__(self, block=2, **kwargs):
        super().__init__(**kwargs)
        self.block = block

    def call(self, x):
        return depth_to_space(x, self.block)


def build(upscale_factor=2, channels=3):
    conv_args = {"activation": "relu", "kernel_initializer": "orthogonal", "padding": "same"}
    inputs = keras.Input(shape=(8, 8, channels))
    x = layers.Conv2D(8, 5, **conv_args)(inputs)
    x = layers.Conv2D(6, 3, **conv_args)(x)
    x = layers.Conv2D(channels * (upscale_factor ** 2), 3, padding="same")(x)
    outputs = DepthToSpace(upscale_factor, name="depth_to_space")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="mean_squared_error")
    return model
