import keras
from keras.layers import Dense, Dropout, Input


def build():
    model = keras.models.Sequential()
    model.add(Input(shape=(8,)))
    model.add(Dense(12, activation="relu"))
    model.add(Dropout(0.1))
    model.add(Dense(8, activation="relu"))
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1), metrics=["accuracy"])
    return model
