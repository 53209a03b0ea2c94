import keras
from keras import layers, ops


def pinball(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)


def build():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), loss=pinball)
    return model
