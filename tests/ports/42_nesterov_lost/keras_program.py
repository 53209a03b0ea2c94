"""CIFAR-style network, small."""
import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(6, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, activation="relu", padding="same"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(5, activation="softmax"),
    ])
    sgd = keras.optimizers.SGD(learning_rate=0.02, momentum=0.9, nesterov=True)
    model.compile(optimizer=sgd, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
