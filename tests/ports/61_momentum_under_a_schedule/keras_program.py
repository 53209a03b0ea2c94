import keras
from keras import layers

STEPS = 8


def build():
    model = keras.Sequential([
        keras.Input((7,)),
        layers.Dense(14, activation="relu"),
        layers.Dense(1),
    ])
    schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=STEPS)
    model.compile(optimizer=keras.optimizers.SGD(schedule, momentum=0.9), loss="mse")
    return model
