import keras
from keras import layers


def build():
    rate = keras.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=3, t_mul=2.0, m_mul=0.5)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(7, activation="softplus"), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model
