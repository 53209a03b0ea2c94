import keras
from keras import layers, ops


class SwiGLU(layers.Layer):
    def __init__(self, dim, hidden):
        super().__init__()
        self.gate = layers.Dense(hidden, use_bias=False)
        self.up = layers.Dense(hidden, use_bias=False)
        self.down = layers.Dense(dim, use_bias=False)

    def call(self, x):
        return self.down(ops.silu(self.gate(x)) * self.up(x))


class Block(keras.Model):
    def __init__(self, dim=8):
        super().__init__()
        self.norm = layers.RMSNormalization(epsilon=1e-5)
        self.mlp = SwiGLU(dim, 12)
        self.final = layers.RMSNormalization(epsilon=1e-5)
        self.head = layers.Dense(5, use_bias=False)

    def call(self, x, training=False):
        x = x + self.mlp(self.norm(x))
        return self.head(self.final(x))


def build():
    model = Block()
    model.build((None, 6, 8))
    model.compile(optimizer=keras.optimizers.SGD(0.05),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
