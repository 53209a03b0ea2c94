import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((7, 4)),
        layers.LSTM(5, name="lstm"),
        layers.Dense(1, name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
