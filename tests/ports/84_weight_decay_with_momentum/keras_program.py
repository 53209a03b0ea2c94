import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((11,)),
        layers.Dense(20, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9, weight_decay=0.02),
        loss="sparse_categorical_crossentropy",
    )
    return model
