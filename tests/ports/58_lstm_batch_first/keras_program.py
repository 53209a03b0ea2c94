import keras
from keras import layers


def build(timesteps=9, features=4, classes=3):
    inputs = keras.Input((timesteps, features), name="window")
    x = layers.LSTM(8, name="lstm")(inputs)
    x = layers.Dense(classes, activation="softmax", name="activity")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer=keras.optimizers.SGD(0.2), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
