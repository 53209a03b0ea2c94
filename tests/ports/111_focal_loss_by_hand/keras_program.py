import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8,)),
        layers.Dense(12, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(keras.optimizers.SGD(0.5),
                  keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.25, gamma=2.0))
    return model
