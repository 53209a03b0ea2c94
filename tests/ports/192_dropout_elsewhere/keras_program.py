import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(12, activation="relu", name="first"),
        layers.Dropout(0.5, name="dropout"),
        layers.Dense(12, activation="relu", name="hidden"),
        layers.Dense(2, name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
