import keras
from keras import layers, ops


class SubPixel(layers.Layer):
    def call(self, x):
        b, h, w, c = ops.shape(x)
        x = ops.reshape(x, (b, h, w, 2, 2))
        x = ops.transpose(x, (0, 1, 3, 2, 4))
        return ops.reshape(x, (b, 2 * h, 2 * w, 1))


def build():
    inputs = keras.Input((6, 6, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="tanh")(inputs)
    x = SubPixel()(layers.Conv2D(4, 3, padding="same")(x))
    base = layers.UpSampling2D(2)(inputs)
    model = keras.Model(inputs, layers.Add()([x, base]))
    model.compile(keras.optimizers.SGD(0.05), "mae")
    return model
