import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((9, 9, 3)),
        layers.SeparableConv2D(5, 3, strides=2, padding="valid", depth_multiplier=2, activation="relu"),
        layers.SeparableConv2D(4, 3, padding="same", activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(3, activation="softmax"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
    return model
