"""MultiHeadAttention: the fans of its initializers are others since Keras 3.15 (pull request 22789)."""

import keras


def build():
    inputs = keras.Input((6, 8))
    attended = keras.layers.MultiHeadAttention(4, 16)(inputs, inputs)
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(attended)))
    model.compile(optimizer="sgd", loss="mse")
    return model
