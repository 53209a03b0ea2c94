import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(12, name="dense"),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn"),
        layers.Activation("relu", name="relu"),
        layers.Dense(1, name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model
