import keras
from keras import layers


def build():
    noise = keras.Input((6,))
    x = layers.Dense(3 * 3 * 4, name="project")(noise)
    x = layers.Reshape((3, 3, 4), name="seed")(x)
    x = layers.LeakyReLU(negative_slope=0.25, name="act")(x)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="tanh", name="up")(x)
    model = keras.Model(noise, x)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    return model
