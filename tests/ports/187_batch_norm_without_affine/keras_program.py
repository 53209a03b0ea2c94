import keras
from keras import layers


def build():
    image = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, name="conv")(image)
    x = layers.BatchNormalization(center=False, scale=False, epsilon=1e-5, momentum=0.9, name="norm")(x)
    x = layers.Activation("silu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(2, name="out")(x))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model
