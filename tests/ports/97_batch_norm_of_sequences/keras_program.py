import keras
from keras import layers

STEPS = CHANNELS = 6


def build():
    inputs = keras.Input((STEPS, 3))
    x = layers.Dense(CHANNELS, name="project")(inputs)
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="bn")(x)
    x = layers.Activation("relu", name="relu")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1, name="out")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
    return model
