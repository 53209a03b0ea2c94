import keras
from keras import layers, ops


def tower():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(4)], name="tower")


def build():
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = tower()
    distance = ops.abs(shared(a) - shared(b))
    model = keras.Model([a, b], layers.Dense(1, activation="sigmoid", name="same")(distance))
    model.compile(keras.optimizers.SGD(0.2), keras.losses.BinaryCrossentropy())
    return model
