import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((9, 4)),
        layers.Conv1D(6, 3, activation="relu", name="conv_a"),
        layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="bn_a"),
        layers.Conv1D(6, 3, activation="relu", name="conv_b"),
        layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="bn_b"),
        layers.GlobalAveragePooling1D(name="pool"),
        layers.Dense(1, name="out"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model
