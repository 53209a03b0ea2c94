"""Discriminator of a small GAN."""
import keras
from keras import layers


def build():
    model = keras.Sequential(name="discriminator")
    model.add(keras.Input((10, 10, 1)))
    model.add(layers.Conv2D(4, 3, padding="same", name="d_conv1"))
    model.add(layers.LeakyReLU(name="d_act1"))
    model.add(layers.Conv2D(8, 3, name="d_conv2"))
    model.add(layers.LeakyReLU(name="d_act2"))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(1, activation="sigmoid", name="real"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.1, momentum=0.5))
    return model
