import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((14, 14, 1)),
        layers.Conv2D(4, 5, strides=2, activation="relu"),
        layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy")
    return model
