import keras
from keras import layers


def build():
    """Attention of Bahdanau: the steps of an LSTM are weighed by a small network."""
    steps = keras.Input((6, 4))
    h = layers.LSTM(5, return_sequences=True, name="lstm")(steps)
    scores = layers.Dense(1, name="v")(layers.Dense(5, activation="tanh", name="w")(h))
    weights = layers.Softmax(axis=1, name="weights")(scores)
    context = layers.Dot(axes=1, name="context")([weights, h])
    x = layers.Flatten(name="flat")(context)
    model = keras.Model(steps, layers.Dense(1, activation="sigmoid", name="out")(x))
    model.compile(keras.optimizers.SGD(0.3), "binary_crossentropy")
    return model
