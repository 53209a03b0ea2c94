import keras
from keras import layers


def build():
    model = keras.Sequential(name="keyword_spotting")
    model.add(keras.Input((20, 4)))
    model.add(layers.SeparableConv1D(6, 5, depth_multiplier=2, activation="relu", name="sep1"))
    model.add(layers.AveragePooling1D(2, name="pool"))
    model.add(layers.SeparableConv1D(5, 3, padding="same", activation="relu", name="sep2"))
    model.add(layers.GlobalMaxPooling1D(name="max"))
    model.add(layers.Dense(3, activation="softmax", name="words"))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model
