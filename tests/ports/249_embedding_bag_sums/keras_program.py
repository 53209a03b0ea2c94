import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6,), dtype="int32"),
        layers.Embedding(30, 4, name="embedding"),
        layers.GlobalAveragePooling1D(name="mean"),
        layers.Dense(8, activation="relu", name="hidden"),
        layers.Dense(1, activation="sigmoid", name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model
