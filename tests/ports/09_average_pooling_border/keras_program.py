import keras
from keras import layers


def build():
    inputs = keras.Input((9, 9, 3))
    a = layers.Conv2D(4, 1, activation="relu", name="branch1x1")(inputs)
    b = layers.AveragePooling2D(3, strides=1, padding="same", name="branch_pool_avg")(inputs)
    b = layers.Conv2D(4, 1, activation="relu", name="branch_pool")(b)
    x = layers.Concatenate(name="mixed")([a, b])
    x = layers.Conv2D(6, 3, activation="relu", name="conv_last")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    outputs = layers.Dense(4, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, outputs, name="inception_like")
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1))
    return model
