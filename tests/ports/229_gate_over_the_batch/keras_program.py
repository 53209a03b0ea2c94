import keras
from keras import layers, ops


class MixtureOfExperts(layers.Layer):
    def __init__(self, experts, units, **kwargs):
        super().__init__(**kwargs)
        self.experts = [layers.Dense(units, activation="relu", name=f"expert_{i}") for i in range(experts)]
        self.gate = layers.Dense(experts, name="gate")

    def call(self, x):
        outputs = ops.stack([expert(x) for expert in self.experts], axis=1)
        weights = ops.softmax(self.gate(x), axis=-1)
        return ops.einsum("be,beu->bu", weights, outputs)


def build():
    x = keras.Input((8,))
    h = MixtureOfExperts(3, 5, name="experts")(x)
    click = layers.Dense(1, activation="sigmoid", name="click")(h)
    model = keras.Model(x, click)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy())
    return model
