import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6, 3)),
        layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="concat", name="both"),
        layers.TimeDistributed(layers.Dense(5, activation="tanh"), name="features"),
        layers.Flatten(name="flat"),
        layers.Dense(2, name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
