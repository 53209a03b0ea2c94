"""First block of a MobileNet, as in keras.applications: padded by hand, then a 'valid' convolution with stride 2."""
import keras
from keras import layers


def conv_block(x, filters, name):
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=name + "_pad")(x)
    x = layers.Conv2D(filters, 3, strides=2, padding="valid", use_bias=False, name=name)(x)
    return layers.ReLU(6.0, name=name + "_relu")(x)


def build():
    inputs = keras.Input((16, 16, 3))
    x = conv_block(inputs, 4, "conv1")
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw1")(x)
    x = layers.ReLU(6.0)(x)
    x = layers.Conv2D(8, 1, use_bias=False, name="pw1")(x)
    x = layers.ReLU(6.0)(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(5, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, outputs, name="tiny_mobilenet")
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
