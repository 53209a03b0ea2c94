"""Two large networks: one of 200 layers, one of 50 million parameters."""
import keras
from keras import layers


def compiled(*hidden):
    model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return model


def deep():
    return compiled(*(layers.Dense(16, activation="tanh") for _ in range(200)))


def wide():
    return compiled(layers.Dense(7000, activation="tanh"), layers.Dense(7000, activation="tanh"))
