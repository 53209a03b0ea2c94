import keras
from keras import layers


def build():
    inputs = keras.Input((8,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(32, activation="relu")(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.AdamW(learning_rate=1e-3), loss="sparse_categorical_crossentropy")
    return model
