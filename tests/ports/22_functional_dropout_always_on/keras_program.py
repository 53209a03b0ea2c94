import keras
from keras.layers import Dense, Dropout, Input


def build():
    model = keras.Sequential()
    model.add(Input((12,)))
    model.add(Dense(24, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(24, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.02))
    return model
