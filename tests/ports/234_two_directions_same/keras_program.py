import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6, 3)),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum", name="both"),
        layers.GlobalMaxPooling1D(name="pool"),
        layers.Dense(3, activation="softmax", name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.2), "sparse_categorical_crossentropy")
    return model
