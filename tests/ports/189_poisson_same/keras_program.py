import keras
from keras import layers


def build():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="tanh"),
                              layers.Dense(1, activation="exponential")])
    model.compile(keras.optimizers.SGD(0.05), "poisson")
    return model
