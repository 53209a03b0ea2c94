import keras
from keras import layers, ops


class RBFLayer(layers.Layer):
    def __init__(self, units, gamma=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.gamma = gamma

    def build(self, input_shape):
        self.mu = self.add_weight(name="mu", shape=(int(input_shape[1]), self.units), initializer="uniform")

    def call(self, inputs):
        diff = ops.expand_dims(inputs, -1) - self.mu
        l2 = ops.sum(ops.power(diff, 2), axis=1)
        return ops.exp(-1 * self.gamma * l2)


class Time2Vec(layers.Layer):
    def __init__(self, kernel_size=3, **kwargs):
        super().__init__(**kwargs)
        self.k = kernel_size

    def build(self, input_shape):
        self.wb = self.add_weight(name="wb", shape=(1,), initializer="uniform")
        self.bb = self.add_weight(name="bb", shape=(1,), initializer="uniform")
        self.wa = self.add_weight(name="wa", shape=(input_shape[-1], self.k), initializer="uniform")
        self.ba = self.add_weight(name="ba", shape=(self.k,), initializer="uniform")

    def call(self, x):
        bias = self.wb * x + self.bb
        return ops.concatenate([ops.sin(ops.matmul(x, self.wa) + self.ba), bias], axis=-1)


def build():
    x = inputs = keras.Input((4,))
    x = Time2Vec(3)(x)
    x = RBFLayer(6)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
