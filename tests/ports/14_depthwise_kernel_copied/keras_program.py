import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8, 8, 2)),
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="dw"),
        layers.ReLU(),
        layers.Conv2D(6, 1, activation="relu", name="pw"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3, name="logits"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
