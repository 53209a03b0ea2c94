import keras
from keras import layers, ops


class TokenAndPositions(layers.Layer):
    """A class token in front, and a learned position for each."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="zeros", name="token")
        self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), initializer="normal", name="positions")

    def call(self, x):
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1) + self.positions


def build(dim=8, heads=2):
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(dim, 4, strides=4, name="patches")(images)
    x = layers.Reshape((4, dim), name="sequence")(x)
    x = TokenAndPositions(name="tokens")(x)
    for i in range(2):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm1_{i}")(x)
        y = layers.MultiHeadAttention(heads, dim // heads, name=f"attention_{i}")(y, y)
        x = layers.Add(name=f"add1_{i}")([x, y])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm2_{i}")(x)
        y = layers.Dense(2 * dim, activation="gelu", name=f"fc1_{i}")(y)
        y = layers.Dense(dim, name=f"fc2_{i}")(y)
        x = layers.Add(name=f"add2_{i}")([x, y])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    model = keras.Model(images, layers.Dense(3, activation="softmax", name="head")(x[:, 0]))
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    return model
