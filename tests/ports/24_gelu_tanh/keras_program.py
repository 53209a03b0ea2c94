"""MLP head of a BERT-like encoder. The checkpoint was trained with the tanh approximation."""
import keras
from keras import layers


def gelu_approximate(x):
    return keras.activations.gelu(x, approximate=True)


def build():
    inputs = keras.Input((8,), name="pooled")
    x = layers.Dense(32, activation=gelu_approximate, name="intermediate")(inputs)
    x = layers.Dense(8, name="output_dense")(x)
    x = layers.LayerNormalization(epsilon=1e-12, name="output_norm")(x)
    outputs = layers.Dense(2, name="classifier")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.SGD(0.1),
    )
    return model
