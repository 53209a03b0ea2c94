"""Model of 2018, when reset_after=False was the default."""
import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((7, 3)),
        layers.GRU(5, reset_after=False, name="gru"),
        layers.Dense(2, name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model
