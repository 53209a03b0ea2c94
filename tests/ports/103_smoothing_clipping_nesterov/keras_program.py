import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(4),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.2, momentum=0.9, nesterov=True, clipvalue=0.01),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    )
    return model
