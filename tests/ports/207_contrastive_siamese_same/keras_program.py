"""Siamese network with a contrastive loss, as in the Keras examples."""
import keras
from keras import layers, ops


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


def contrastive(margin=1):
    def contrastive_loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * square_pred + y_true * margin_square)
    return contrastive_loss


def build():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, (3, 3), activation="tanh")(inputs)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.Dense(6, activation="tanh")(x)
    embedding_network = keras.Model(inputs, x, name="embedding")

    input_1, input_2 = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    merged = layers.Lambda(euclidean_distance, output_shape=(1,))(
        [embedding_network(input_1), embedding_network(input_2)])
    output = layers.Dense(1, activation="sigmoid")(merged)
    siamese = keras.Model(inputs=[input_1, input_2], outputs=output)
    siamese.compile(loss=contrastive(margin=1), optimizer=keras.optimizers.SGD(0.1))
    return siamese
