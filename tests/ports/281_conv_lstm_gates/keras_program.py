import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((4, 6, 6, 2)),
        layers.ConvLSTM2D(5, 3, padding="same", activation="relu"),
        layers.Conv2D(1, 1, activation="sigmoid"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(1e-2), loss="binary_crossentropy")
    return model
