import keras
from keras import layers, ops


def build():
    state = keras.Input((6,), name="state")
    x = layers.Dense(16, activation="relu")(state)
    x = layers.Dense(16, activation="relu")(x)
    value = layers.Dense(1, name="value")(x)
    advantage = layers.Dense(4, name="advantage")(x)
    q = layers.Lambda(lambda va: va[0] + (va[1] - ops.mean(va[1], axis=1, keepdims=True)), name="q")([value, advantage])
    model = keras.Model(state, q)
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=keras.losses.Huber())
    return model
