"""Bag of words, sparse features: Adagrad."""
import keras
from keras import layers


def build():
    inputs = keras.Input((25,))
    outputs = layers.Dense(1, activation="sigmoid", name="logistic")(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adagrad(learning_rate=0.1), loss="binary_crossentropy")
    return model
