import keras
import tensorflow as tf
from keras import layers


class Scaled(keras.Model):
    def train_step(self, data):
        x, y = data[:2]
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        return {"loss": loss}


def build():
    inputs = keras.Input((5,))
    hidden = layers.Dense(7, activation="elu", name="hidden")(inputs)
    model = Scaled(inputs, layers.Dense(2, name="out")(hidden))
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model
