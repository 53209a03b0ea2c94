import keras
from keras import layers


def build():
    model = keras.Sequential(name="pooling")
    model.add(keras.Input((10, 10, 2)))
    model.add(layers.Conv2D(6, 3, padding="same", activation="elu", name="conv_a"))
    model.add(layers.MaxPooling2D(pool_size=3, strides=2, padding="same", name="pool"))
    model.add(layers.Conv2D(4, 3, padding="same", activation="elu", name="conv_b"))
    model.add(layers.GlobalMaxPooling2D(name="gmp"))
    model.add(layers.Dense(1, name="head"))
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=0.02))
    return model
