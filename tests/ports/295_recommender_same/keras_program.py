import keras
from keras import layers, ops


class RecommenderNet(keras.Model):
    def __init__(self, users, movies, size, **kwargs):
        super().__init__(**kwargs)
        reg = keras.regularizers.l2(1e-4)
        self.user_embedding = layers.Embedding(users, size, embeddings_regularizer=reg)
        self.user_bias = layers.Embedding(users, 1)
        self.movie_embedding = layers.Embedding(movies, size, embeddings_regularizer=reg)
        self.movie_bias = layers.Embedding(movies, 1)

    def call(self, inputs):
        u, m = self.user_embedding(inputs[:, 0]), self.movie_embedding(inputs[:, 1])
        dot = ops.sum(u * m, axis=1, keepdims=True)
        return dot + self.user_bias(inputs[:, 0]) + self.movie_bias(inputs[:, 1])


def build():
    model = RecommenderNet(20, 30, 6)
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer=keras.optimizers.SGD(0.1))
    return model
