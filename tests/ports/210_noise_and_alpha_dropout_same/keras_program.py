import keras
from keras import layers


def build():
    x = inputs = keras.Input((11,))
    x = layers.GaussianNoise(0.1)(x)
    x = layers.Dense(16, activation="selu", kernel_initializer="lecun_normal")(x)
    x = layers.AlphaDropout(0.05)(x)
    x = layers.Dense(8, activation="selu", kernel_initializer="lecun_normal")(x)
    x = layers.GaussianDropout(0.2)(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy")
    return model
