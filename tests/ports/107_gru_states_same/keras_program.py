import keras
from keras import layers


def build():
    source = keras.Input((6, 3), name="source")
    target = keras.Input((4, 2), name="target")
    _, state = layers.GRU(5, return_state=True, name="encoder")(source)
    x = layers.GRU(5, return_sequences=True, name="decoder")(target, initial_state=state)
    y = layers.TimeDistributed(layers.Dense(2), name="out")(x)
    model = keras.Model([source, target], y)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
