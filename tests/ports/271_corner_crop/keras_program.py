"""The U-Net of the paper: valid convolutions, the skip connection is cropped to its centre."""
import keras
from keras import layers


def double_conv(x, filters, name):
    x = layers.Conv2D(filters, 3, activation="relu", name=f"{name}_1")(x)
    return layers.Conv2D(filters, 3, activation="relu", name=f"{name}_2")(x)


def build():
    inputs = keras.Input((20, 20, 1))
    down = double_conv(inputs, 4, "down")
    x = layers.MaxPooling2D(2)(down)
    x = double_conv(x, 6, "bottom")
    x = layers.Conv2DTranspose(4, 2, strides=2, name="up")(x)
    skip = layers.Cropping2D(4, name="crop")(down)
    x = layers.Concatenate(name="merge")([skip, x])
    x = double_conv(x, 4, "right")
    outputs = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.99), "binary_crossentropy")
    return model
