import keras
from keras import layers
from keras.constraints import MaxNorm


def build():
    model = keras.Sequential()
    model.add(keras.Input(shape=(12,)))
    model.add(layers.Dense(20, activation="relu", kernel_constraint=MaxNorm(1)))
    model.add(layers.Dense(10, activation="relu", kernel_constraint=MaxNorm(1)))
    model.add(layers.Dense(1, activation="sigmoid"))
    sgd = keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
    model.compile(loss="binary_crossentropy", optimizer=sgd)
    return model
