import keras
from keras import layers


def build():
    tokens = keras.Input((7,), dtype="int32")
    x = layers.Embedding(20, 6, name="embedding")(tokens)
    x = layers.SpatialDropout1D(0.3, name="drop")(x)
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(tokens, layers.Dense(1, activation="sigmoid", name="out")(x))
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model
