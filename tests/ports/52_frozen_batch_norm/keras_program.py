import keras
from keras import layers


def build():
    base = keras.Sequential([
        keras.Input((10,)),
        layers.Dense(8, name="base_dense"),
        layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="base_bn"),
        layers.ReLU(),
    ], name="base")
    base.trainable = False

    inputs = keras.Input((10,))
    x = base(inputs)
    outputs = layers.Dense(3, name="classifier")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
