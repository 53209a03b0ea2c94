import keras
from keras import layers


def build():
    inputs = keras.Input((10, 10, 3))
    x = layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv1")(inputs)
    x = layers.BatchNormalization(name="bn1")(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv2")(x)
    x = layers.BatchNormalization(name="bn2")(x)
    x = layers.Activation("relu")(x)
    base = keras.Model(inputs, x, name="base")
    for layer in base.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    x = layers.GlobalAveragePooling2D()(base.output)
    x = layers.Dropout(0.0)(x)
    outputs = layers.Dense(4, activation="softmax", name="head")(x)
    model = keras.Model(base.input, outputs)
    model.compile(keras.optimizers.SGD(1e-2, momentum=0.9),
                  keras.losses.CategoricalCrossentropy(label_smoothing=0.2))
    return model
