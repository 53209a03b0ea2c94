import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8, 8, 2)),
        layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="conv"),
        layers.Flatten(name="flatten"),
        layers.Dense(12, activation="relu", name="hidden"),
        layers.Dense(4, activation="softmax", name="classes"),
    ])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
