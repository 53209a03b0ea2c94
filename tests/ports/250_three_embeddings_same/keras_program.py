import keras
from keras import layers


class Positions(layers.Layer):
    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer="normal", name="table")

    def call(self, x):
        return x + self.table


def build():
    words = keras.Input((6,), dtype="int32", name="words")
    segments = keras.Input((6,), dtype="int32", name="segments")
    x = layers.Embedding(25, 8, name="word_embeddings")(words)
    x = layers.Add(name="sum")([x, layers.Embedding(2, 8, name="token_type_embeddings")(segments)])
    x = Positions(name="position_embeddings")(x)
    x = layers.LayerNormalization(epsilon=1e-12, name="norm")(x)
    first = layers.Lambda(lambda h: h[:, 0], name="first")(x)
    x = layers.Dense(8, activation="tanh", name="pooler")(first)
    model = keras.Model([words, segments], layers.Dense(1, activation="sigmoid", name="out")(x))
    model.compile(keras.optimizers.SGD(0.2), "binary_crossentropy")
    return model
