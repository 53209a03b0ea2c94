import keras
from keras import layers


def build():
    inputs = keras.Input((9,))
    deep = layers.Dense(8, activation="relu", name="deep1")(inputs)
    deep = layers.Dense(8, activation="relu", name="deep2")(deep)
    wide = layers.Dense(8, activation="linear", name="wide")(inputs)
    x = layers.Concatenate(name="concat")([wide, deep])
    outputs = layers.Dense(1, name="score")(x)
    model = keras.Model(inputs, outputs, name="wide_and_deep")
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model
