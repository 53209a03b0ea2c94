import keras
from keras import layers


def build():
    query, doc = keras.Input((6,), name="query"), keras.Input((9,), name="doc")
    q = layers.Dense(8, activation="relu", name="query_tower")(query)
    d = layers.Dense(8, activation="relu", name="doc_tower")(doc)
    cosine = layers.Dot(axes=1, normalize=True, name="cosine")([q, d])
    model = keras.Model([query, doc], layers.Dense(1, activation="sigmoid", name="click")(cosine))
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model
