import keras
from keras import layers


def weighted_bce(y_true, y_pred):
    loss = keras.losses.binary_crossentropy(y_true, y_pred)
    return loss * (1 + 2 * y_true[:, 0])


def build():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"),
                              layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss=weighted_bce)
    return model
