import keras
from keras import layers


def build():
    inputs = keras.Input((20,))
    x = layers.Dense(16, use_bias=False, name="dense")(inputs)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(3, activation="softmax", name="probs")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="sparse_categorical_crossentropy")
    return model
