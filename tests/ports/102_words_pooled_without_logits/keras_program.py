import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((6,), dtype="int32"),
        layers.Embedding(20, 6, name="embedding"),
        layers.GlobalAveragePooling1D(name="pool"),
        layers.Dense(8, activation="tanh", name="hidden"),
        layers.Dense(1, name="score"),
    ])
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), keras.losses.BinaryCrossentropy(from_logits=True))
    return model
