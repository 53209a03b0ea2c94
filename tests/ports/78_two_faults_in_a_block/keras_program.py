import keras
from keras import layers


def block(units, rate, i):
    return [
        layers.Dense(units, name=f"dense{i}"),
        layers.BatchNormalization(name=f"bn{i}"),
        layers.LeakyReLU(name=f"act{i}"),
        layers.Dropout(rate, name=f"drop{i}"),
    ]


def build():
    model = keras.Sequential([
        keras.Input((12,)),
        *block(16, 0.3, 1),
        *block(16, 0.3, 2),
        layers.Dense(1, name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
    return model
