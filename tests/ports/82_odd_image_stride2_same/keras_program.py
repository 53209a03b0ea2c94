import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((15, 15, 2)),
        layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="down1"),
        layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="down2"),  # 8 x 8 -> 4 x 4
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(2, name="logits"),
    ])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
