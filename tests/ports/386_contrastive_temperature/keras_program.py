import keras
from keras import layers, ops


def build():
    encoder = keras.Sequential([
        keras.Input((14, 14, 1)),
        layers.Conv2D(8, 3, strides=2, activation="relu", name="conv1"),
        layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(6, name="projection"),
    ], name="encoder")
    first, second = keras.Input((14, 14, 1), name="first"), keras.Input((14, 14, 1), name="second")
    both = layers.Concatenate(name="both")([encoder(first), encoder(second)])
    model = keras.Model([first, second], both)

    def nt_xent(_, both):
        z1, z2 = ops.split(both, 2, axis=-1)
        z = ops.normalize(ops.concatenate([z1, z2], axis=0), axis=-1)
        n = ops.shape(z1)[0]
        similarity = ops.matmul(z, ops.transpose(z)) / 0.2
        similarity = similarity - 1e9 * ops.eye(2 * n, dtype=similarity.dtype)
        labels = ops.concatenate([ops.arange(n) + n, ops.arange(n)], axis=0)
        return keras.losses.sparse_categorical_crossentropy(labels, similarity, from_logits=True)

    model.compile(keras.optimizers.SGD(0.1), nt_xent)
    return model
