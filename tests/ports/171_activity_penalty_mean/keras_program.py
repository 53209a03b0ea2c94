import keras
from keras import layers, regularizers


def build():
    inputs = keras.Input((8,))
    h = layers.Dense(5, activation="relu", activity_regularizer=regularizers.L1(0.01), name="code")(inputs)
    model = keras.Model(inputs, layers.Dense(8, name="decode")(h))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
