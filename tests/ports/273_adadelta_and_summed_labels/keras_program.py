import keras
from keras import layers


def build():
    x = inputs = keras.Input((15,))
    for units in (12, 10):
        x = layers.Dense(units, use_bias=False)(x)
        x = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.LeakyReLU(negative_slope=0.01)(x)
    tags = layers.Dense(6, activation="sigmoid", name="tags")(x)
    model = keras.Model(inputs, tags)
    model.compile(optimizer=keras.optimizers.Adadelta(learning_rate=1.0), loss="binary_crossentropy")
    return model
