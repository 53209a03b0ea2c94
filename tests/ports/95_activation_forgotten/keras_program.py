import keras
from keras import layers


def build():
    inputs = keras.Input((14,))
    x = inputs
    for i, units in enumerate((20, 14, 8)):
        x = layers.Dense(units, activation="relu", name=f"encoder_{i}")(x)
    for i, units in enumerate((14, 20)):
        x = layers.Dense(units, activation="relu", name=f"decoder_{i}")(x)
    x = layers.Dense(14, name="reconstruction")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model
