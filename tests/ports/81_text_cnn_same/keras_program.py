import keras
from keras import layers


def build(words=30, length=12, dim=6):
    text = keras.Input((length,), dtype="int32")
    x = layers.Embedding(words, dim, name="embedding")(text)
    branches = []
    for size in (2, 3):
        y = layers.Conv1D(5, size, activation="relu", name=f"conv{size}")(x)
        branches.append(layers.GlobalMaxPooling1D(name=f"max{size}")(y))
    x = layers.Concatenate(name="features")(branches)
    x = layers.Dense(1, activation="sigmoid", name="spam")(x)
    model = keras.Model(text, x)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model
