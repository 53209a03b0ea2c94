import keras
from keras import layers, ops


class Positions(layers.Layer):
    def __init__(self, length, dim, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(length, dim, name="table")

    def build(self, shape):
        self.table.build(None)

    def call(self, x):
        return x + self.table(ops.arange(x.shape[1]))


def build(words=20, dim=8, heads=2):
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(words, dim, name="wte")(tokens)
    x = Positions(10, dim, name="wpe")(x)
    y = layers.LayerNormalization(epsilon=1e-5, name="ln_1")(x)
    x = x + layers.MultiHeadAttention(heads, dim // heads, name="attn")(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-5, name="ln_2")(x)
    y = layers.Dense(4 * dim, name="c_fc")(y)
    y = layers.Activation(lambda z: keras.activations.gelu(z, approximate=True), name="gelu")(y)
    x = x + layers.Dense(dim, name="c_proj")(y)
    x = layers.LayerNormalization(epsilon=1e-5, name="ln_f")(x)
    model = keras.Model(tokens, layers.Dense(words, use_bias=False, name="lm_head")(x))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
