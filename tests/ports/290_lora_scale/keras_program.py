import keras
from keras import layers


class LoraDense(layers.Layer):
    def __init__(self, units, rank=2, alpha=8.0, **kwargs):
        super().__init__(**kwargs)
        self.base = layers.Dense(units)
        self.down = layers.Dense(rank, use_bias=False)
        self.up = layers.Dense(units, use_bias=False)
        self.scale = alpha / rank

    def call(self, x):
        return self.base(x) + self.up(self.down(x)) * self.scale


def build():
    x = keras.Input((6,))
    h = layers.Activation("relu")(LoraDense(10)(x))
    model = keras.Model(x, layers.Dense(3)(h))
    model.compile(optimizer=keras.optimizers.SGD(0.05),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
