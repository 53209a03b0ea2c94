import keras
from keras import layers
from keras.initializers import RandomUniform


def build():
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Dense(8, use_bias=False, name="dense"),
        layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="norm",
                                  moving_mean_initializer=RandomUniform(-1, 1),
                                  moving_variance_initializer=RandomUniform(0.5, 2)),
        layers.Activation("relu"),
        layers.Dense(1, activation="sigmoid", name="out"),
    ])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy())
    return model
