import keras
from keras import layers


def highway(x, name):
    dim = x.shape[-1]
    gate = layers.Dense(dim, activation="sigmoid", bias_initializer=keras.initializers.Constant(-2.0),
                        name=f"{name}_gate")(x)
    h = layers.Dense(dim, activation="relu", name=f"{name}_transform")(x)
    carry = layers.Lambda(lambda g: 1.0 - g, name=f"{name}_carry")(gate)
    return layers.add([layers.multiply([h, gate]), layers.multiply([x, carry])])


def build():
    inputs = keras.Input((9,))
    x = highway(inputs, "one")
    x = highway(x, "two")
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizer=keras.optimizers.SGD(0.5, momentum=0.9), loss="bce")
    return model
