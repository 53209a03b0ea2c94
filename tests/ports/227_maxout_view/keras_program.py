import keras
from keras import layers, ops


class Maxout(layers.Layer):
    """Dense with `pieces` linear pieces a unit, of which the largest is the output."""

    def __init__(self, units, pieces, **kwargs):
        super().__init__(**kwargs)
        self.units, self.pieces = units, pieces

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units * self.pieces), name="kernel")
        self.bias = self.add_weight(shape=(self.units * self.pieces,), initializer="zeros", name="bias")

    def call(self, x):
        x = ops.matmul(x, self.kernel) + self.bias
        return ops.max(ops.reshape(x, (-1, self.units, self.pieces)), axis=-1)


def build():
    model = keras.Sequential([keras.Input((6,)), Maxout(5, 3, name="maxout"), layers.Dense(2, name="out")])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model
