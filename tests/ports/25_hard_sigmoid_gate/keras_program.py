"""Squeeze-and-excitation block of MobileNetV3."""
import keras
from keras import layers


def se_block(x, channels, ratio, name):
    s = layers.GlobalAveragePooling2D(keepdims=True, name=name + "_squeeze")(x)
    s = layers.Conv2D(channels // ratio, 1, activation="relu", name=name + "_reduce")(s)
    s = layers.Conv2D(channels, 1, activation="hard_sigmoid", name=name + "_expand")(s)
    return layers.Multiply(name=name + "_excite")([x, s])


def build():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, activation="hard_swish", name="stem")(image)
    x = se_block(x, 8, 2, "se")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(4, name="logits")(x)
    model = keras.Model(image, x)
    model.compile(keras.optimizers.SGD(0.2), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
