import keras
from keras import layers

VOCABULARY, LENGTH = 30, 9


def build():
    tokens = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(VOCABULARY, 5, mask_zero=True, name="embedding")(tokens)
    x = layers.LSTM(6, name="lstm")(x)
    x = layers.Dense(1, activation="sigmoid", name="positive")(x)
    model = keras.Model(tokens, x)
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.5), metrics=["accuracy"])
    return model
