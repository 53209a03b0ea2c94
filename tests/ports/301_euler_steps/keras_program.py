import keras
from keras import layers


class Euler(layers.Layer):
    def __init__(self, units, steps=4, **kwargs):
        super().__init__(**kwargs)
        self.f = layers.Dense(units, activation="tanh")
        self.steps = steps
        self.dt = 1.0 / steps

    def call(self, x):
        for _ in range(self.steps):
            x = x + self.dt * self.f(x)
        return x


def build():
    x = keras.Input((6,))
    h = Euler(6)(x)
    model = keras.Model(x, layers.Dense(2)(h))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=keras.losses.MeanAbsoluteError())
    return model
