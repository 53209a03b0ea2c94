"""Sales forecast."""
import keras
from keras.layers import LSTM, Dense, Input


def build():
    model = keras.Sequential()
    model.add(Input((12, 1)))
    model.add(LSTM(6, return_sequences=True))
    model.add(LSTM(4))
    model.add(Dense(1))
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=0.1))
    return model
