import keras
from keras import layers


def build():
    inputs = keras.Input((6,))
    x = layers.Dense(12, activation="gelu")(inputs)
    x = layers.Dense(6, activation="gelu")(x)
    demand = layers.Dense(1, activation="relu6", name="demand")(x)
    model = keras.Model(inputs, demand)
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mape")
    return model
