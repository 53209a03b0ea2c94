import keras
from keras import layers, regularizers


def build():
    model = keras.Sequential([
        keras.Input((8,)),
        layers.Dense(10, activation="relu", kernel_regularizer="l2", name="d1"),
        layers.Dense(10, activation="relu", kernel_regularizer=regularizers.L1(0.001), name="d2"),
        layers.Dense(1, name="d3"),
    ])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05))
    return model
