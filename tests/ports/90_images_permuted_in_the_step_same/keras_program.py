import keras
from keras import layers


def build():
    model = keras.Sequential(name="lenet_like")
    model.add(keras.Input((10, 10, 3)))
    model.add(layers.Conv2D(5, 3, activation="tanh"))
    model.add(layers.AveragePooling2D(2))
    model.add(layers.Conv2D(7, 2, activation="tanh"))
    model.add(layers.Flatten())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1, momentum=0.5))
    return model
