import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8,), dtype="int32"),
        layers.Embedding(20, 4, mask_zero=True, name="embedding"),
        layers.LSTM(5, name="lstm"),
        layers.Dense(1, activation="sigmoid", name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.3), "binary_crossentropy")
    return model
