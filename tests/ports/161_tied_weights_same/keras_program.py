import keras
from keras import layers, ops


class Head(layers.Layer):
    def __init__(self, embedding):
        super().__init__(name="head")
        self.embedding = embedding

    def call(self, x):
        return ops.softmax(ops.matmul(x, ops.transpose(self.embedding.embeddings)), axis=-1)


def build():
    tokens = keras.Input((6,), dtype="int32")
    embedding = layers.Embedding(12, 5, name="embedding")
    x = layers.GRU(5, return_sequences=True, name="gru")(embedding(tokens))
    model = keras.Model(tokens, Head(embedding)(x))
    model.compile(keras.optimizers.SGD(0.2), "sparse_categorical_crossentropy")
    return model
