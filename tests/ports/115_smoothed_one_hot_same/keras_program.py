import keras
from keras import layers


def build():
    inputs = keras.Input((7,))
    x = layers.Dense(9, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
    model.compile(optimizer=keras.optimizers.SGD(0.2), loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    return model
