"""Autoencoder with the reconstruction loss of a VAE: summed over the pixels, averaged over the batch."""
import keras
from keras import layers, ops


def reconstruction_loss(y_true, y_pred):
    return ops.mean(ops.sum(ops.square(y_true - y_pred), axis=(1, 2, 3)))


def build():
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="valid", activation="relu")(image)
    z = layers.Conv2D(2, 1, name="code")(x)
    x = layers.Conv2DTranspose(4, 4, strides=2, activation="relu")(z)
    x = layers.Conv2D(1, 1, activation="sigmoid", name="decoded")(x)
    model = keras.Model(image, x)
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss=reconstruction_loss)
    return model
