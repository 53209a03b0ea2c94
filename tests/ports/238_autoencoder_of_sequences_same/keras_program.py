import keras
from keras import layers


def build():
    x = inputs = keras.Input((5, 3))
    x = layers.LSTM(8, return_sequences=True, name="encoder_1")(x)
    x = layers.LSTM(4, name="encoder_2")(x)
    x = layers.RepeatVector(5, name="repeat")(x)
    x = layers.LSTM(4, return_sequences=True, name="decoder_1")(x)
    x = layers.LSTM(8, return_sequences=True, name="decoder_2")(x)
    x = layers.TimeDistributed(layers.Dense(3), name="out")(x)
    model = keras.Model(inputs, x)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    return model
