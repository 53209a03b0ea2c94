import keras
from keras import layers, ops


class RotaryEmbedding(layers.Layer):
    """Rotates the first half of the features against the second."""

    def __init__(self, max_wavelength=10000.0, **kwargs):
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength

    def call(self, x):
        length, dim = x.shape[1], x.shape[-1]
        frequencies = self.max_wavelength ** (-ops.arange(0, dim, 2, dtype=x.dtype) / dim)
        angles = ops.einsum("t,f->tf", ops.arange(length, dtype=x.dtype), frequencies)
        angles = ops.concatenate([angles, angles], axis=-1)[None, :, None, :]
        half = dim // 2
        turned = ops.concatenate([-x[..., half:], x[..., :half]], axis=-1)
        return x * ops.cos(angles) + turned * ops.sin(angles)


class Attention(layers.Layer):
    def __init__(self, dim, heads, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.size = heads, dim // heads
        self.query = layers.Dense(dim, use_bias=False)
        self.key = layers.Dense(dim, use_bias=False)
        self.value = layers.Dense(dim, use_bias=False)
        self.output_dense = layers.Dense(dim, use_bias=False)
        self.rotary = RotaryEmbedding()

    def call(self, x):
        b, t = ops.shape(x)[0], x.shape[1]
        q = self.rotary(ops.reshape(self.query(x), (b, t, self.heads, self.size)))
        k = self.rotary(ops.reshape(self.key(x), (b, t, self.heads, self.size)))
        v = ops.reshape(self.value(x), (b, t, self.heads, self.size))
        scores = ops.einsum("bqhd,bkhd->bhqk", q, k) / self.size ** 0.5
        mixed = ops.einsum("bhqk,bkhd->bqhd", ops.softmax(scores, axis=-1), v)
        return self.output_dense(ops.reshape(mixed, (b, t, self.heads * self.size)))


def build():
    tokens = keras.Input((7,), dtype="int32")
    x = layers.Embedding(19, 8, name="embedding")(tokens)
    x = layers.Add()([x, Attention(8, 2, name="attention")(x)])
    x = layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
    model = keras.Model(tokens, layers.Dense(19, name="logits")(x))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
