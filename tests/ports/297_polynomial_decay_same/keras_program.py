import keras
from keras import layers


def build():
    rate = keras.optimizers.schedules.PolynomialDecay(0.1, decay_steps=6, end_learning_rate=0.01, power=2.0)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(7, activation="softplus"), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model
