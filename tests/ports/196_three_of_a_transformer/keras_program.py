import keras
from keras import layers


def gelu(x):
    return keras.activations.gelu(x, approximate=True)


def build():
    patches = keras.Input((5, 6))
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(patches)
    x = layers.Dense(8, activation=gelu, name="fc1")(x)
    x = layers.Dense(6, name="fc2")(x)
    x = layers.add([patches, x])
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(patches, layers.Dense(3, activation="softmax", name="head")(x))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    return model
