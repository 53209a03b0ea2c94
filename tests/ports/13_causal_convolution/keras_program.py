"""Temporal convolutional network, two dilated causal layers."""
import keras
from keras import layers


def build(timesteps=12, features=2):
    inputs = keras.Input((timesteps, features))
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=1, activation="relu", name="tcn_1")(inputs)
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="relu", name="tcn_2")(x)
    x = layers.Lambda(lambda t: t[:, -1, :], name="last_step")(x)
    forecast = layers.Dense(1, name="forecast")(x)
    model = keras.Model(inputs, forecast)
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=0.05))
    return model
