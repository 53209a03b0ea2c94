import keras
from keras import layers


def build():
    lowres = keras.Input((6, 6, 1), name="lowres")
    x = layers.Conv2D(6, 3, padding="same", name="feature")(lowres)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu1")(x)
    x = layers.Conv2D(3, 1, name="shrink")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu2")(x)
    x = layers.Conv2DTranspose(1, 2, strides=2, name="upscale")(x)
    model = keras.Model(lowres, x, name="fsrcnn")
    model.compile(keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model
