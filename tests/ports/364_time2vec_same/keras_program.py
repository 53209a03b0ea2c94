import keras
from keras import layers, ops


class Time2Vec(layers.Layer):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def build(self, shape):
        self.w0 = self.add_weight(name="w0", shape=(shape[-1],), initializer="uniform")
        self.b0 = self.add_weight(name="b0", shape=(shape[-1],), initializer="uniform")
        self.w = self.add_weight(name="w", shape=(shape[-1], self.size), initializer="uniform")
        self.b = self.add_weight(name="b", shape=(shape[-1], self.size), initializer="uniform")

    def call(self, x):
        linear = x * self.w0 + self.b0
        periodic = ops.sin(x[..., None] * self.w + self.b)
        periodic = ops.reshape(periodic, (-1, x.shape[1], x.shape[2] * self.size))
        return ops.concatenate([linear, periodic], axis=-1)


def build():
    x = keras.Input((9, 2))
    h = Time2Vec(3, name="time2vec")(x)
    h = layers.Bidirectional(layers.SimpleRNN(4), merge_mode="mul", name="rnn")(h)
    model = keras.Model(x, layers.Dense(1, name="out")(h))
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    return model
