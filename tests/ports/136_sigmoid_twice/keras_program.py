import keras
from keras import layers


def build():
    text = keras.Input((12,), name="text")
    x = layers.Dense(10, activation="swish", name="hidden")(text)
    tags = layers.Dense(5, activation="sigmoid", name="tags")(x)
    model = keras.Model(text, tags)
    model.compile(optimizer=keras.optimizers.SGD(0.4), loss=keras.losses.BinaryCrossentropy())
    return model
