import keras
from keras import layers


def build():
    image = keras.Input((8, 8, 3))
    x = layers.ZeroPadding2D(1)(image)
    x = layers.Conv2D(4, 3, strides=2, name="conv")(x)
    x = layers.GroupNormalization(groups=-1, epsilon=1e-5, name="norm")(x)
    x = layers.LeakyReLU(negative_slope=0.25)(x)
    x = layers.Conv2D(2, 3, padding="same", activation="tanh", name="out")(x)
    model = keras.Model(image, x)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    return model
