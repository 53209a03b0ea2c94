import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6, 6, 4)),
        layers.Conv2D(4, 3, padding="same", name="conv"),
        layers.GroupNormalization(2, name="gn"),
        layers.ReLU(name="relu"),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(2, name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model
