import keras
from keras import layers


def relu6(x):
    return layers.ReLU(6.0)(x)


def hard_sigmoid(x):
    return layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)


def hard_swish(x):
    return layers.Multiply()([x, hard_sigmoid(x)])


def build():
    img = keras.Input((11, 11, 3))
    x = layers.Conv2D(8, 1, padding="same")(img)
    x = hard_swish(x)
    x = layers.ZeroPadding2D(((2, 2), (2, 2)))(x)
    x = layers.DepthwiseConv2D(5, strides=2, padding="valid")(x)
    x = hard_swish(x)
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(4, 1)(s)
    s = layers.ReLU()(s)
    s = layers.Conv2D(8, 1)(s)
    x = layers.Multiply()([x, hard_sigmoid(s)])
    x = layers.Conv2D(6, 1, padding="same")(x)
    x = relu6(x)
    x = layers.Flatten()(layers.GlobalAveragePooling2D(keepdims=True)(x))
    model = keras.Model(img, layers.Dense(4, activation="softmax")(x))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "sparse_categorical_crossentropy")
    return model
