import keras
from keras import layers


def build():
    words = keras.Input((9,), dtype="int32")
    x = layers.Embedding(25, 6, mask_zero=True)(words)
    x = layers.Bidirectional(layers.GRU(5, return_sequences=True))(x)
    x = layers.Bidirectional(layers.GRU(4))(x)
    x = layers.Dense(6, activation="relu")(x)
    model = keras.Model(words, layers.Dense(1)(x))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model
