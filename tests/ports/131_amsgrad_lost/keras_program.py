import keras
from keras import layers


def build():
    model = keras.Sequential([keras.Input((7,)), layers.Dense(9, activation="gelu"), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.02, beta_1=0.8, beta_2=0.5, amsgrad=True), loss="mse")
    return model
