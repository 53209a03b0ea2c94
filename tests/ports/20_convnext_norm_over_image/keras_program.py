import keras
from keras import layers


def convnext_block(x, dim, name):
    y = layers.DepthwiseConv2D(3, padding="same", name=name + "_dwconv")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name=name + "_norm")(y)
    y = layers.Dense(2 * dim, activation="gelu", name=name + "_pw1")(y)
    y = layers.Dense(dim, name=name + "_pw2")(y)
    return layers.Add(name=name + "_add")([x, y])


def build():
    image = keras.Input((6, 6, 4))
    x = convnext_block(image, 4, "block1")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    scores = layers.Dense(3, name="scores")(x)
    model = keras.Model(image, scores)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
