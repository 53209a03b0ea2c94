import keras
from keras import layers


def build():
    schedule = keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.2, decay_steps=1, decay_rate=0.9)
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Dense(12, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss="binary_crossentropy")
    return model
