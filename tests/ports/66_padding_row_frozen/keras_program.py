import keras
from keras import layers


def build():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(20, 4, name="items")(inputs)  # item 0 is "unknown", it is learned too
    x = layers.Flatten(name="concat")(x)
    x = layers.Dense(8, activation="relu", name="hidden")(x)
    x = layers.Dense(1, name="rating")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model
