import keras
from keras import layers


def build():
    image = keras.Input((16, 16, 3))
    half = layers.Resizing(8, 8, interpolation="bilinear", name="half")(image)
    full = layers.Conv2D(4, 3, strides=2, padding="valid", name="full")(layers.ZeroPadding2D(1)(image))
    x = layers.Concatenate(axis=-1)([full, layers.Conv2D(4, 1, name="side")(half)])
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.SeparableConv2D(6, 3, padding="same", name="sep")(x)
    x = layers.GlobalMaxPooling2D(keepdims=True)(x)
    x = layers.Conv2D(3, 1, name="classes")(x)
    x = layers.Reshape((3,))(x)
    model = keras.Model(image, x)
    model.compile(keras.optimizers.SGD(0.1, weight_decay=0.01),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
