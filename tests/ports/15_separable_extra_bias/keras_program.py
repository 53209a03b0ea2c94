"""Small Xception-like classifier."""
import keras
from keras import layers


def build():
    inputs = keras.Input((10, 10, 3))
    x = layers.SeparableConv2D(6, 3, padding="same", activation="relu", name="sep1")(inputs)
    x = layers.SeparableConv2D(8, 3, padding="same", activation="relu", name="sep2")(x)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    outputs = layers.Dense(1, activation="sigmoid", name="prediction")(x)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.5
    return model
