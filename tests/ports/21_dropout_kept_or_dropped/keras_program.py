import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((16,)),
        layers.Dense(32, activation="relu", name="fc1"),
        layers.Dropout(0.2, name="drop"),
        layers.Dense(32, activation="relu", name="fc2"),
        layers.Dense(4, activation="softmax", name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
