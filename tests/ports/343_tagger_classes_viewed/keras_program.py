import keras
from keras import layers


def build(words=40, tags=5, length=8):
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(words, 6, name="embedding")(tokens)
    x = layers.Bidirectional(layers.GRU(5, return_sequences=True), name="encoder")(x)
    x = layers.TimeDistributed(layers.Dense(8, activation="tanh"), name="hidden")(x)
    y = layers.TimeDistributed(layers.Dense(tags, activation="softmax"), name="tags")(x)
    model = keras.Model(tokens, y)
    model.compile(optimizer=keras.optimizers.SGD(0.5, momentum=0.9), loss="sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    return model
