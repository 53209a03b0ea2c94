import keras
from keras import layers, ops


class Interactions(layers.Layer):
    def call(self, v):
        return 0.5 * ops.sum(ops.square(ops.sum(v, axis=1)) - ops.sum(ops.square(v), axis=1), axis=1, keepdims=True)


def build():
    fields = keras.Input((3,), dtype="int32")
    linear = layers.Embedding(10, 1, name="linear")(fields)
    vectors = layers.Embedding(10, 4, name="vectors")(fields)
    score = layers.Add()([layers.Flatten()(layers.Lambda(lambda t: ops.sum(t, axis=1), output_shape=(1,))(linear)),
                          Interactions(name="interactions")(vectors)])
    model = keras.Model(fields, layers.Activation("sigmoid")(score))
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model
