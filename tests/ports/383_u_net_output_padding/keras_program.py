import keras
from keras import layers, ops


def dice_bce(y_true, y_pred):
    smooth = 1.0
    inter = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    total = ops.sum(y_true, axis=(1, 2, 3)) + ops.sum(y_pred, axis=(1, 2, 3))
    dice = (2.0 * inter + smooth) / (total + smooth)
    bce = ops.mean(keras.losses.binary_crossentropy(y_true, y_pred), axis=(1, 2))
    return bce + 1.0 - dice


def build():
    image = keras.Input((16, 16, 1))
    e1 = layers.Conv2D(4, 3, padding="same", activation="relu", name="enc1")(image)
    e2 = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="enc2")(e1)
    d1 = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="dec1")(e2)
    x = layers.Concatenate()([e1, d1])
    mask = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    model = keras.Model(image, mask)
    model.compile(optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-8), loss=dice_bce)
    return model
