import keras
from keras import layers


def build():
    normalize = layers.Normalization(mean=[2.0, 3.0, 0.0], variance=[2.5, 4.5, 16.5], name="normalize")
    model = keras.Sequential([keras.Input((3,)), normalize, layers.Dense(5, activation="relu", name="hidden"),
                              layers.Dense(1, name="out")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
