import keras
from keras import layers


def build():
    image = keras.Input((9, 9, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    x = layers.Resizing(18, 18, interpolation="bicubic", name="resize")(x)
    x = layers.Conv2D(2, 3, padding="same", name="out")(x)
    model = keras.Model(image, x)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
