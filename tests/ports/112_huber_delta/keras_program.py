import keras
from keras import layers


def build():
    inputs = keras.Input((6,))
    x = layers.Dense(8, activation="elu")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(x))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.Huber(delta=0.3))
    return model
