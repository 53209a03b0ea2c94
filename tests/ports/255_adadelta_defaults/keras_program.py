import keras
from keras import layers


def build():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(10, activation="tanh"), layers.Dense(2)])
    model.compile(optimizer="adadelta", loss="mse")
    return model
