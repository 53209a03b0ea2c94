import keras
from keras import layers


def build():
    video = keras.Input((4, 6, 6, 2))
    x = layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"), name="frames")(video)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D(), name="pool")(x)
    x = layers.GRU(5, name="gru")(x)
    model = keras.Model(video, layers.Dense(3, activation="softmax", name="out")(x))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
