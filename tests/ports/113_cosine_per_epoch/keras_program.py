import keras
from keras import layers


def build():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(10, activation="tanh"), layers.Dense(1)])
    schedule = keras.optimizers.schedules.CosineDecay(0.3, decay_steps=8)
    model.compile(keras.optimizers.SGD(schedule), "mse")
    return model
