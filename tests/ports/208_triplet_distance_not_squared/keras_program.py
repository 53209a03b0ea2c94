"""Triplets: the model gives both squared distances, the loss is relu(ap - an + margin)."""
import keras
from keras import layers, ops


class DistanceLayer(layers.Layer):
    def call(self, anchor, positive, negative):
        ap_distance = ops.sum(ops.square(anchor - positive), -1)
        an_distance = ops.sum(ops.square(anchor - negative), -1)
        return ops.stack([ap_distance, an_distance], axis=-1)


def triplet_loss(y_true, distances, margin=0.5):
    return ops.maximum(distances[:, 0] - distances[:, 1] + margin, 0.0)


def build():
    embedding = keras.Sequential([
        keras.Input((10,)), layers.Dense(12, activation="relu"), layers.Dense(4),
        layers.UnitNormalization(),
    ], name="embedding")
    anchor, positive, negative = (keras.Input((10,), name=n) for n in ("anchor", "positive", "negative"))
    distances = DistanceLayer(name="distances")(embedding(anchor), embedding(positive), embedding(negative))
    model = keras.Model([anchor, positive, negative], distances)
    model.compile(keras.optimizers.SGD(0.1), loss=triplet_loss)
    return model
