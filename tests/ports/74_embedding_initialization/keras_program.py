import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8,), dtype="int32"),
        layers.Embedding(50, 16, name="embedding"),
        layers.GlobalAveragePooling1D(name="mean"),
        layers.Dense(2, activation="softmax", name="label"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="sparse_categorical_crossentropy")
    return model
