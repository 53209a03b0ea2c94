"""BatchNormalization(axis=1) of a masked input: other statistics since Keras 3.9 (pull request 20815)."""

import keras


def build():
    model = keras.Sequential([
        keras.Input((6, 4)),
        keras.layers.Masking(0.5),
        keras.layers.Dense(8),
        keras.layers.BatchNormalization(axis=1),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ])
    model.compile(optimizer="sgd", loss="mse")
    return model
