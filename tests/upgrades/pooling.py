"""AveragePooling2D(padding="same") of Keras on PyTorch: the same in Keras 3.14.1 and 3.15.1."""

import keras


def build():
    model = keras.Sequential([
        keras.Input((9, 9, 3)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.AveragePooling2D(2, strides=2, padding="same"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ])
    model.compile(optimizer="sgd", loss="mse")
    return model
