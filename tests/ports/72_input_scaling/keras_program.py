import keras
from keras import layers


def build():
    inputs = keras.Input((8, 8, 3), dtype="uint8", name="photo")
    x = layers.Rescaling(1.0 / 127.5, offset=-1.0, name="rescaling")(inputs)
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(2, activation="softmax", name="cat_or_dog")(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.SGD(0.2), "sparse_categorical_crossentropy")
    return model
