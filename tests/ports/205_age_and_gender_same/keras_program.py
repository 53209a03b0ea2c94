import keras
from keras import layers


def build():
    face = keras.Input((12, 12, 1), name="face")
    x = layers.Rescaling(1.0 / 127.5, offset=-1)(face)
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, padding="same", activation="elu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    shared = layers.Dense(16, activation="elu")(x)
    age = layers.Dense(1, name="age")(shared)
    gender = layers.Dense(1, activation="sigmoid", name="gender")(shared)
    model = keras.Model(inputs=face, outputs=[age, gender])
    model.compile(
        optimizer=keras.optimizers.SGD(0.01),
        loss={"age": "mae", "gender": "binary_crossentropy"},
        loss_weights={"age": 0.25, "gender": 10.0},
    )
    return model
