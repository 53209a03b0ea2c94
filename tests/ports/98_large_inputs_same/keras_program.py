"""Raw sensor counts, not scaled."""
import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((20,)),
        layers.Dense(32, activation="relu", name="h1"),
        layers.Dense(32, activation="relu", name="h2"),
        layers.Dense(5, activation="softmax", name="state"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(1e-7), loss="sparse_categorical_crossentropy")
    return model
