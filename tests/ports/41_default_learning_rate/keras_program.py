import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((13,)),
        layers.Dense(10, activation="sigmoid"),
        layers.Dense(1),
    ])
    model.compile(optimizer="sgd", loss="mse")
    return model
