import keras
from keras import layers


def build():
    memory, target = keras.Input((5, 8), name="memory"), keras.Input((4, 8), name="target")
    x = layers.MultiHeadAttention(2, 4, name="self_attention")(target, target, use_causal_mask=True)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm_1")(target + x)
    y = layers.MultiHeadAttention(2, 4, name="cross_attention")(x, memory)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm_2")(x + y)
    model = keras.Model([memory, target], layers.Dense(3, activation="softmax", name="tokens")(x))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
