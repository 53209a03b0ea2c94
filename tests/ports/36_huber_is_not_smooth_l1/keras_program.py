import keras
from keras import layers


def build():
    """Q-network: four actions."""
    state = keras.Input((4,))
    x = layers.Dense(24, activation="relu")(state)
    x = layers.Dense(24, activation="relu")(x)
    q = layers.Dense(2)(x)
    model = keras.Model(state, q)
    model.compile(loss=keras.losses.Huber(delta=0.5), optimizer=keras.optimizers.SGD(0.05))
    return model
