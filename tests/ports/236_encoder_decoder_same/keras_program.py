import keras
from keras import layers


def build():
    source = keras.Input((6,), dtype="int32", name="source")
    target = keras.Input((5,), dtype="int32", name="target")
    x = layers.Embedding(12, 4, name="source_words")(source)
    _, h, c = layers.LSTM(7, return_state=True, name="encoder")(x)
    y = layers.Embedding(10, 4, name="target_words")(target)
    y = layers.LSTM(7, return_sequences=True, name="decoder")(y, initial_state=[h, c])
    y = layers.Dense(10, activation="softmax", name="words")(y)
    model = keras.Model([source, target], y)
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    return model
