"""Recommender: user and item ids, and the time of day."""
import keras
from keras import layers


def build(users=20, items=15, dim=4):
    user = keras.Input((1,), dtype="int32", name="user")
    item = keras.Input((1,), dtype="int32", name="item")
    hour = keras.Input((2,), name="hour")
    u = layers.Flatten()(layers.Embedding(users, dim, name="users")(user))
    i = layers.Flatten()(layers.Embedding(items, dim, name="items")(item))
    x = layers.Concatenate()([u, i, hour])
    x = layers.Dense(16, activation="relu", name="hidden")(x)
    rating = layers.Dense(1, name="rating")(x)
    model = keras.Model([user, item, hour], rating)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model
