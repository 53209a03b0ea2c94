import keras
from keras import layers


def build():
    model = keras.Sequential([
        keras.Input((8,)),
        layers.Dense(10, name="fc1"),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn"),
        layers.Activation("relu"),
        layers.Dense(1, activation="sigmoid", name="fc2"),
    ])
    model.compile(keras.optimizers.SGD(0.2), "binary_crossentropy")
    return model
