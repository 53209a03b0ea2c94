import keras
from keras import layers


def build():
    inputs = keras.Input((5, 3))
    x = layers.GRU(6, name="gru")(inputs)
    outputs = layers.Dense(2, name="out")(x)
    model = keras.Model(inputs, outputs)
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.2, momentum=0.8, clipvalue=0.05))
    return model
