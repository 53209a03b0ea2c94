"""The CycleGAN example's residual block with reflection padding."""
import keras
from keras import layers, ops


class ReflectionPadding2D(layers.Layer):
    def __init__(self, padding=(1, 1), **kwargs):
        self.padding = tuple(padding)
        super().__init__(**kwargs)

    def call(self, input_tensor, mask=None):
        padding_width, padding_height = self.padding
        padding_tensor = [[0, 0], [padding_height, padding_height], [padding_width, padding_width], [0, 0]]
        return ops.pad(input_tensor, padding_tensor, mode="reflect")


def residual_block(x, dim, name):
    y = ReflectionPadding2D(name=f"{name}_pad1")(x)
    y = layers.Conv2D(dim, 3, use_bias=False, name=f"{name}_conv1")(y)
    y = layers.GroupNormalization(groups=-1, epsilon=1e-5, name=f"{name}_norm1")(y)
    y = layers.Activation("relu")(y)
    y = ReflectionPadding2D(name=f"{name}_pad2")(y)
    y = layers.Conv2D(dim, 3, use_bias=False, name=f"{name}_conv2")(y)
    y = layers.GroupNormalization(groups=-1, epsilon=1e-5, name=f"{name}_norm2")(y)
    return layers.add([x, y])


def build():
    image = keras.Input((8, 8, 3))
    x = ReflectionPadding2D((3, 3), name="pad")(image)
    x = layers.Conv2D(4, 7, activation="relu", name="stem")(x)
    x = residual_block(x, 4, "block")
    x = ReflectionPadding2D((3, 3), name="pad_out")(x)
    x = layers.Conv2D(3, 7, activation="tanh", name="out")(x)
    model = keras.Model(image, x, name="generator")
    model.compile(keras.optimizers.SGD(0.05), "mae")
    return model
