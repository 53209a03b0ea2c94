"""Transformer feed-forward block with a residual connection."""
import keras
from keras import layers


def build(length=6, dim=8):
    tokens = keras.Input((length, dim))
    x = layers.LayerNormalization(name="norm")(tokens)
    x = layers.Dense(4 * dim, activation="gelu", name="ffn1")(x)
    x = layers.Dense(dim, name="ffn2")(x)
    x = layers.Add(name="residual")([tokens, x])
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    outputs = layers.Dense(2, name="head")(x)
    model = keras.Model(tokens, outputs)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
