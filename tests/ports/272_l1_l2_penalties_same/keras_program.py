import keras
from keras import layers, regularizers


def build():
    model = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(12, activation="relu", kernel_regularizer=regularizers.L1L2(l1=1e-3, l2=1e-2),
                     bias_regularizer=regularizers.L2(1e-2)),
        layers.Dense(8, activation="relu", activity_regularizer=regularizers.L2(1e-3)),
        layers.Dense(1),
    ])
    model.compile(keras.optimizers.SGD(0.05), "mean_absolute_error")
    return model
