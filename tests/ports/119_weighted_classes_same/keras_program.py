import keras
from keras import layers, ops


def weighted(y_true, y_pred):
    weights = ops.sum(ops.convert_to_tensor([1.0, 3.0, 0.5], dtype=y_pred.dtype) * y_true, axis=-1)
    return weights * keras.losses.categorical_crossentropy(y_true, y_pred)


def build():
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Dense(8, activation="selu"),
        layers.Dense(3, activation="softmax"),
    ])
    model.compile(keras.optimizers.SGD(0.1), weighted)
    return model
