import keras
from keras import layers


def build():
    code = keras.Input((10,))
    x = layers.Dense(3 * 3 * 4, activation="relu", name="dense")(code)
    x = layers.Reshape((3, 3, 4), name="reshape")(x)
    x = layers.UpSampling2D((2, 2), name="up")(x)
    x = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(x)
    x = layers.Conv2D(1, 3, padding="same", name="out")(x)
    model = keras.Model(code, x)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
