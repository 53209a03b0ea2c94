"""Conv2DTranspose(padding="same") of Keras on PyTorch: other outputs since Keras 3.15 (pull request 22876)."""

import keras


def build():
    model = keras.Sequential([
        keras.Input((6, 6, 3)),
        keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ])
    model.compile(optimizer="sgd", loss="mse")
    return model
