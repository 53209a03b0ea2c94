"""A penalty on the output of a layer: divided by the batch size since Keras 3.14 (pull request 22021)."""

import keras


def build():
    model = keras.Sequential([
        keras.Input((8,)),
        keras.layers.Dense(16, activation="relu", activity_regularizer=keras.regularizers.L2(0.01)),
        keras.layers.Dense(3),
    ])
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"])
    return model
