import keras
from keras import layers, ops


class WeightNormDense(layers.Layer):
    """Dense with its kernel as g * v / |v|."""

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.v = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform", name="v")
        self.g = self.add_weight(shape=(self.units,), initializer="ones", name="g")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, x):
        kernel = self.g * self.v / ops.sqrt(ops.sum(ops.square(self.v), axis=0, keepdims=True))
        return self.activation(ops.matmul(x, kernel) + self.b)


def build():
    model = keras.Sequential([
        keras.Input((7,)),
        WeightNormDense(9, activation="tanh"),
        WeightNormDense(2),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9), loss="mse")
    return model
