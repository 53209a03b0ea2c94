import keras
from keras import layers


def se_block(x, ratio=2):
    filters = x.shape[-1]
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(filters // ratio, 1, activation="relu", name="se_reduce")(s)
    s = layers.Conv2D(filters, 1, activation="hard_sigmoid", name="se_expand")(s)
    return layers.Multiply(name="se_excite")([x, s])


def build():
    inputs = keras.Input((10, 10, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="swish", name="stem")(inputs)
    x = se_block(x)
    x = layers.Conv2D(4, 3, activation="swish", name="project")(x)
    x = layers.GlobalMaxPooling2D()(x)
    outputs = layers.Dense(3, name="logits")(x)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
