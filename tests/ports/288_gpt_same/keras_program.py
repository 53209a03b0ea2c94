import keras
from keras import layers, ops


class Block(layers.Layer):
    def __init__(self, dim, heads, **kwargs):
        super().__init__(**kwargs)
        self.ln_1 = layers.LayerNormalization(epsilon=1e-5)
        self.attn = layers.MultiHeadAttention(heads, dim // heads)
        self.ln_2 = layers.LayerNormalization(epsilon=1e-5)
        self.fc = layers.Dense(4 * dim, activation=lambda x: keras.activations.gelu(x, approximate=True))
        self.proj = layers.Dense(dim)

    def call(self, x):
        h = self.ln_1(x)
        x = x + self.attn(h, h, use_causal_mask=True)
        return x + self.proj(self.fc(self.ln_2(x)))


class Positions(layers.Layer):
    def __init__(self, length, dim, **kwargs):
        super().__init__(**kwargs)
        self.table = self.add_weight(shape=(length, dim), initializer="random_normal", name="table")

    def call(self, x):
        return x + self.table[: ops.shape(x)[1]]


def build(vocab=17, length=6, dim=8):
    words = keras.Input((length,), dtype="int32")
    x = layers.Embedding(vocab, dim)(words)
    x = Positions(length, dim)(x)
    x = Block(dim, 2, name="h0")(x)
    x = Block(dim, 2, name="h1")(x)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    model = keras.Model(words, layers.Dense(vocab, use_bias=False)(x))
    model.compile(optimizer=keras.optimizers.SGD(0.1),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
