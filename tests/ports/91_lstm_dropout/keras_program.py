import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6, 4)),
        layers.LSTM(8, dropout=0.3, name="lstm"),
        layers.Dense(1, activation="sigmoid", name="churn"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="binary_crossentropy", metrics=["accuracy"])
    return model
