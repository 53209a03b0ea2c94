import keras
from keras import layers


def build():
    source = keras.Input((5, 3))
    decoded = keras.Input((4, 2))
    _, h, c = layers.LSTM(6, return_state=True, name="encoder")(source)
    x = layers.LSTM(6, return_sequences=True, name="decoder")(decoded, initial_state=[h, c])
    y = layers.Dense(3, activation="softmax", name="tokens")(x)
    model = keras.Model([source, decoded], y)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
