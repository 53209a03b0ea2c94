import keras
from keras import layers


class Block(layers.Layer):
    def __init__(self, units, backcast, forecast, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [layers.Dense(units, activation="relu") for _ in range(2)]
        self.theta = layers.Dense(backcast + forecast)
        self.backcast = backcast

    def call(self, x):
        for layer in self.hidden:
            x = layer(x)
        theta = self.theta(x)
        return theta[:, :self.backcast], theta[:, self.backcast:]


class NBeats(keras.Model):
    def __init__(self, blocks=3):
        super().__init__()
        self.blocks = [Block(8, 10, 4) for _ in range(blocks)]

    def call(self, x):
        forecast = 0.0
        for block in self.blocks:
            backcast, step = block(x)
            x = x - backcast
            forecast = forecast + step
        return forecast


def build():
    model = NBeats()
    model.build((None, 10))
    model.compile(keras.optimizers.SGD(0.01), loss="mean_absolute_error")
    return model
