import keras
from keras import layers, ops


class CosineHead(layers.Layer):
    """ArcFace without the margin."""

    def __init__(self, classes, scale=16.0, **kwargs):
        super().__init__(**kwargs)
        self.classes, self.scale = classes, scale

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.classes), initializer="glorot_uniform", name="w")

    def call(self, x):
        x = ops.normalize(x, axis=-1)
        w = ops.normalize(self.w, axis=0)
        return self.scale * ops.matmul(x, w)


def build():
    x = keras.Input((8, 8, 3))
    h = layers.DepthwiseConv2D(3, strides=2, padding="valid", use_bias=False)(x)
    h = layers.PReLU(shared_axes=[1, 2])(h)
    h = layers.Flatten()(h)
    h = layers.Dense(10, use_bias=False)(h)
    model = keras.Model(x, CosineHead(5)(h))
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
