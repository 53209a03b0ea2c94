import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((7,)),
        layers.Dense(10, activation="relu"),
        layers.Dense(4, activation="softmax"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss=keras.losses.CategoricalFocalCrossentropy())
    return model
