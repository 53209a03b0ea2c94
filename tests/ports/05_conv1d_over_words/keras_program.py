"""Sentence classification with a convolution over the words."""
import keras
from keras.layers import Conv1D, Dense, Embedding, GlobalMaxPooling1D, Input

MAX_WORDS, MAX_LEN, DIM = 40, 10, 10


def build():
    model = keras.Sequential([
        Input((MAX_LEN,), dtype="int32"),
        Embedding(MAX_WORDS, DIM),
        Conv1D(12, 3, activation="relu"),
        GlobalMaxPooling1D(),
        Dense(1, activation="sigmoid"),
    ])
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.2), metrics=["accuracy"])
    return model
