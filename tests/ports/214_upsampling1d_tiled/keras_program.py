import keras
from keras import layers


def build():
    x = inputs = keras.Input((12, 3))
    x = layers.Conv1D(6, 3, padding="same", activation="relu", name="encode")(x)
    x = layers.MaxPooling1D(2, name="down")(x)
    x = layers.Conv1D(6, 3, padding="same", activation="relu", name="code")(x)
    x = layers.UpSampling1D(2, name="up")(x)
    x = layers.Conv1D(3, 3, padding="same", name="decode")(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.SGD(0.1), loss="mae")
    return model
