import keras
from keras import layers


def build():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="tanh"), layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.5), loss=keras.losses.CosineSimilarity())
    return model
