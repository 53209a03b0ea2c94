import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6, 3)),
        layers.LSTM(5, go_backwards=True, return_sequences=True, name="backwards"),
        layers.Conv1D(4, 3, activation="relu", name="conv"),
        layers.Flatten(name="flat"),
        layers.Dense(1, name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model
