"""Convolutional autoencoder."""
import keras
from keras import layers


def build():
    inputs = keras.Input(shape=(8, 8, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="valid", activation="relu", name="enc1")(inputs)
    x = layers.Conv2D(4, 2, padding="valid", activation="relu", name="enc2")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="dec1")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="dec2")(x)
    decoded = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="decoded")(x)
    autoencoder = keras.Model(inputs, decoded)
    autoencoder.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    return autoencoder
