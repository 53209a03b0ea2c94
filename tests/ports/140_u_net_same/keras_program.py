import keras
from keras import layers


def double(x, filters, name):
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name + "_1")(x)
    return layers.Conv2D(filters, 3, padding="same", activation="relu", name=name + "_2")(x)


def build():
    image = keras.Input((8, 8, 1))
    skip = double(image, 3, "down")
    x = layers.MaxPooling2D()(skip)
    x = double(x, 4, "bottom")
    x = layers.Conv2DTranspose(3, 2, strides=2, name="up")(x)
    x = layers.concatenate([skip, x])
    x = double(x, 3, "merge")
    model = keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x))
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model
