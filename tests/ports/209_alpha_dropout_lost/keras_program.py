import keras
from keras import layers


def build():
    """Self-normalizing network for tabular data."""
    model = keras.Sequential(name="snn")
    model.add(keras.Input((11,)))
    for i, units in enumerate((16, 12, 8)):
        model.add(layers.Dense(units, activation="selu", kernel_initializer="lecun_normal", name=f"dense_{i}"))
        model.add(layers.AlphaDropout(0.1, name=f"dropout_{i}"))
    model.add(layers.Dense(1, name="price"))
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), loss="huber")
    return model
