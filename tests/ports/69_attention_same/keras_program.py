import keras
from keras import layers


class EncoderBlock(layers.Layer):
    def __init__(self, dim, heads, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, dim // heads)
        self.norm1 = layers.LayerNormalization(epsilon=1e-5)
        self.ffn1 = layers.Dense(2 * dim, activation="relu")
        self.ffn2 = layers.Dense(dim)
        self.norm2 = layers.LayerNormalization(epsilon=1e-5)

    def call(self, x):
        x = self.norm1(x + self.attention(x, x))
        return self.norm2(x + self.ffn2(self.ffn1(x)))


def build():
    tokens = keras.Input((6, 8))
    x = EncoderBlock(8, 2, name="block")(tokens)
    x = layers.Lambda(lambda t: t[:, 0], name="cls")(x)
    x = layers.Dense(3, name="head")(x)
    model = keras.Model(tokens, x)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
