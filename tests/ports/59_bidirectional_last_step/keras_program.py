import keras
from keras import layers


def build():
    tokens = keras.Input((8,), dtype="int32", name="tokens")
    x = layers.Embedding(25, 5, name="embedding")(tokens)
    x = layers.Bidirectional(layers.GRU(6, name="gru"), name="bidirectional")(x)
    sentiment = layers.Dense(1, activation="sigmoid", name="sentiment")(x)
    model = keras.Model(tokens, sentiment)
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", metrics=["accuracy"])
    return model
