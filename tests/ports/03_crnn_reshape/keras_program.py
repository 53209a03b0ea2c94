"""Text line recognizer: convolutions, then a recurrent layer over the columns."""
import keras
from keras import layers


def build(height=4, width=6):
    image = keras.Input((width, height, 1), name="image")  # columns first, as in the OCR example
    x = layers.Conv2D(4, 3, activation="relu", padding="same", name="conv")(image)
    x = layers.Reshape((width, height * 4), name="columns")(x)
    x = layers.Dense(8, activation="relu", name="dense1")(x)
    x = layers.GRU(5, name="gru")(x)
    out = layers.Dense(3, name="dense2")(x)
    model = keras.Model(image, out)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
