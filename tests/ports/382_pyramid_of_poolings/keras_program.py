import keras
from keras import layers


def build():
    inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1")(inputs)
    x = layers.Conv2D(6, 3, padding="same", dilation_rate=2, activation="relu", name="conv2")(x)
    levels = []
    for size in (12, 6, 4):
        y = layers.AveragePooling2D(size)(x)
        levels.append(layers.Flatten()(y))
    x = layers.Concatenate()(levels)
    x = layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-2), name="fc1")(x)
    x = layers.Dense(4, name="fc2")(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
