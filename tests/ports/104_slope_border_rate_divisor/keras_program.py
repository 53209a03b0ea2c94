import keras
from keras import layers


def build():
    image = keras.Input((7, 7, 2))
    x = layers.Conv2D(5, 3, padding="same", name="conv")(image)
    x = layers.LeakyReLU(negative_slope=0.25, name="slope")(x)
    x = layers.AveragePooling2D(3, strides=2, padding="same", name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    logits = layers.Dense(1, name="logits")(x)
    model = keras.Model(image, logits)
    model.compile(keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=1e-3),
                  keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2))
    return model
