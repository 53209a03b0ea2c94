import keras
from keras import layers, ops


class Bilinear(layers.Layer):
    def build(self, shapes):
        self.matrix = self.add_weight(shape=(4, 4), initializer="glorot_uniform", name="matrix")

    def call(self, pair):
        a, b = pair
        return ops.einsum("bi,ij,bj->b", a, self.matrix, b)[:, None]


def build():
    left, right = keras.Input((5,)), keras.Input((6,))
    a = layers.Dense(4, activation="relu", name="a")(left)
    b = layers.Dense(4, activation="relu", name="b")(right)
    score = Bilinear(name="bilinear")([a, b])
    model = keras.Model([left, right], score)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
