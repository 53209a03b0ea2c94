"""Human activity recognition, all of it with Keras defaults."""
import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8, 3), name="window"),
        layers.LSTM(6, return_sequences=True, name="lstm1"),
        layers.LayerNormalization(name="norm"),
        layers.LSTM(6, name="lstm2"),
        layers.Dense(4, activation="softmax", name="activity"),
    ])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
