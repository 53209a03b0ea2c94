"""What a user would write: the reported trainings of lr_scaling in Keras.

Takes the data folder and the number of epochs.
"""

import sys

import keras
import numpy as np

folder = sys.argv[1]
x, y, x_test, y_test = (np.load(f"{folder}/{name}.npy") for name in
                        ("train_images", "train_labels", "test_images", "test_labels"))
y, y_test = keras.utils.to_categorical(y), keras.utils.to_categorical(y_test)
for rate in (0.01, 0.03):
    model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)), keras.layers.Dense(10, activation="sigmoid")])
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(rate), metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=int(sys.argv[2]), validation_data=(x_test, y_test), verbose=2)
