"""The VAE of keras.io, with a smaller encoder."""
import keras
from keras import layers, ops


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) to sample z."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = keras.random.normal(shape=ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


class VAE(keras.Model):
    def __init__(self, latent=2, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(8, activation="relu")
        self.z_mean = layers.Dense(latent)
        self.z_log_var = layers.Dense(latent)
        self.sampling = Sampling()
        self.up = layers.Dense(8, activation="relu")
        self.out = layers.Dense(12, activation="sigmoid")

    def call(self, x):
        h = self.hidden(x)
        z_mean, z_log_var = self.z_mean(h), self.z_log_var(h)
        kl = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
        self.add_loss(ops.mean(ops.sum(kl, axis=1)))
        return self.out(self.up(self.sampling([z_mean, z_log_var])))


def reconstruction_loss(x, reconstruction):
    return ops.sum(keras.losses.binary_crossentropy(x[..., None], reconstruction[..., None]), axis=-1)


def build():
    vae = VAE()
    vae.compile(optimizer=keras.optimizers.SGD(0.05), loss=reconstruction_loss)
    return vae
