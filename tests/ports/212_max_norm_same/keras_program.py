import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8,)),
        layers.Dense(10, activation="relu", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        layers.Dense(6, activation="relu", kernel_constraint="non_neg"),
        layers.Dense(1),
    ])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
