import keras
from keras import layers


def inception_module(x, f1, f3_in, f3, f5_in, f5, pool):
    a = layers.Conv2D(f1, (1, 1), padding="same", activation="relu")(x)
    b = layers.Conv2D(f3_in, (1, 1), padding="same", activation="relu")(x)
    b = layers.Conv2D(f3, (3, 3), padding="same", activation="relu")(b)
    c = layers.Conv2D(f5_in, (1, 1), padding="same", activation="relu")(x)
    c = layers.Conv2D(f5, (5, 5), padding="same", activation="relu")(c)
    d = layers.MaxPool2D((3, 3), strides=(1, 1), padding="same")(x)
    d = layers.Conv2D(pool, (1, 1), padding="same", activation="relu")(d)
    return layers.Concatenate(axis=3)([a, b, c, d])


def build():
    visible = layers.Input(shape=(9, 9, 3))
    x = inception_module(visible, 2, 3, 4, 2, 3, 2)
    x = inception_module(x, 3, 2, 3, 2, 2, 2)
    x = layers.AveragePooling2D(3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(5, activation="softmax")(x)
    model = keras.Model(inputs=visible, outputs=x)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss="categorical_crossentropy")
    return model
