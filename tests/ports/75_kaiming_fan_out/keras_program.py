import keras
from keras import layers


def conv(filters, name):
    return layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal", name=name)


def build():
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        conv(16, "conv1"),
        conv(4, "conv2"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(1, kernel_initializer="zeros", name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model
