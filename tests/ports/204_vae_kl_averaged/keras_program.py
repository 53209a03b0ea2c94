import keras
from keras import layers, ops


class KLDivergenceLayer(layers.Layer):
    """Adds the KL divergence to the final model loss and returns its inputs."""

    def call(self, inputs):
        mu, log_var = inputs
        kl_batch = -0.5 * ops.sum(1 + log_var - ops.square(mu) - ops.exp(log_var), axis=-1)
        self.add_loss(0.1 * ops.mean(kl_batch))
        return inputs


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed = keras.random.SeedGenerator(0)

    def call(self, inputs):
        mu, log_var = inputs
        return mu + ops.exp(log_var / 2) * keras.random.normal(ops.shape(mu), seed=self.seed)


def build(latent_dim=3):
    x = keras.Input((10,), name="x")
    h = layers.Dense(8, activation="softplus", name="encoder")(x)
    z_mu = layers.Dense(latent_dim, name="z_mu")(h)
    z_log_var = layers.Dense(latent_dim, name="z_log_var")(h)
    z_mu, z_log_var = KLDivergenceLayer(name="kl")([z_mu, z_log_var])
    z = Sampling(name="z")([z_mu, z_log_var])
    h = layers.Dense(8, activation="softplus", name="decoder")(z)
    x_pred = layers.Dense(10, name="x_pred")(h)
    vae = keras.Model(x, x_pred)
    vae.compile(keras.optimizers.SGD(0.05), loss="mse")
    return vae
