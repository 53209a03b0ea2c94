import keras
from keras import layers


def build():
    price = keras.Input((3,), name="price")
    volume = keras.Input((2,), name="volume")
    x = layers.Concatenate()([price, layers.Dense(4, activation="tanh", name="volume_in")(volume)])
    x = layers.Dense(8, activation="relu", name="shared")(x)
    model = keras.Model(
        inputs={"price": price, "volume": volume},
        outputs={
            "direction": layers.Dense(3, activation="softmax", name="direction")(x),
            "size": layers.Dense(1, name="size")(x),
        },
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.05),
        loss={"direction": keras.losses.SparseCategoricalCrossentropy(), "size": keras.losses.MeanSquaredError()},
        loss_weights={"direction": 1.0, "size": 0.3},
    )
    return model
