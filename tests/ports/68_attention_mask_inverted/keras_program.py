"""One block of a small language model."""
import keras
from keras import layers


def build(length=6, dim=8):
    x = inputs = keras.Input((length, dim))
    attention = layers.MultiHeadAttention(2, dim // 2, name="causal_attention")
    x = attention(x, x, use_causal_mask=True)
    logits = layers.Dense(5, name="next_token")(x)
    model = keras.Model(inputs, logits)
    model.compile(keras.optimizers.SGD(0.2), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
