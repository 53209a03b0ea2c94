"""BatchNormalization; Ioffe and Szegedy 2015, algorithms 1 and 2. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts import normalization
from frameworks.parts.layer import LayerPart
from frameworks.parts.normalization import epsilon_of, normalized
from frameworks.runtime.errors import Refused


class BatchNormalization(LayerPart):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta, by channel. All weights have shape (channels,).

    Mean and variance are those of the batch in training, and the moving ones otherwise.
    """

    names = ("gamma", "beta", "moving_mean", "moving_variance")
    moving = ("moving_mean", "moving_variance")
    initial = {"gamma": "Ones", "beta": "Zeros", "moving_mean": "Zeros", "moving_variance": "Ones"}
    normalizes = True

    def forward(self, layer, x, gamma, beta, moving_mean, moving_variance):
        return gamma * ((x - moving_mean) / np.sqrt(moving_variance + epsilon_of(layer, x))) + beta

    def in_training(self, layer, x, gamma, beta, *moving):
        return gamma * normalized(x, _axes(x), epsilon_of(layer, x))[0] + beta

    def pullback(self, layer, x, y, gradient, gamma, beta, *moving):
        return normalization.pullback(x, gradient * gamma, _axes(x), epsilon_of(layer, x))

    def weight_gradients(self, layer, x, gradient):
        return normalization.scale_and_shift(normalized(x, _axes(x), epsilon_of(layer, x))[0], gradient)

    def after_step(self, layer, x, gamma, beta, moving_mean, moving_variance):
        n, momentum = x.size // x.shape[-1], 0.99 if layer["momentum"] is None else layer["momentum"]
        try:
            factor = x.dtype.type(variance_factor(layer, x.shape, n))
        except ZeroDivisionError:
            raise Refused("A batch with one value per channel has no unbiased variance.") from None
        of_batch = x.mean(_axes(x)), x.var(_axes(x)) * factor
        return {name: old * x.dtype.type(momentum) + new * x.dtype.type(1 - momentum)
                for name, old, new in zip(self.moving, (moving_mean, moving_variance), of_batch)}

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_TF_KERAS
        return (
            field("BatchNormalization.epsilon", "forward", published=False, rules=(
                keras(value=1e-3, evidence="keras/src/layers/normalization/batch_normalization.py:164",
                      explanation="Keras's BatchNormalization adds 1e-3 to the variance, PyTorch's 1e-5",
                      fix="pass `epsilon=1e-5`"),
                torch(value=1e-5, evidence="torch/nn/modules/batchnorm.py:41",
                      explanation="PyTorch's batch normalization adds 1e-5 to the variance, Keras's 1e-3",
                      fix="pass `eps=1e-3`"),
                reference(value=1e-3, evidence="the paper gives no number: Keras's is taken"))),
            field("BatchNormalization.momentum", "update", published=False, rules=(
                keras(value=0.99, evidence="keras/src/layers/normalization/batch_normalization.py:163",
                      explanation="Keras's BatchNormalization has momentum 0.99: moving statistics keep .99 of their "
                                  "value in every step, PyTorch's keep .9",
                      fix="pass `momentum=0.9`, which is PyTorch's `momentum=0.1` (PyTorch's momentum is the share "
                          "of the new value)"),
                torch(value=0.9, evidence="torch/nn/modules/batchnorm.py:42",
                      explanation="PyTorch's running statistics keep .9 of their value in every step, Keras's moving "
                                  "statistics .99",
                      fix="pass `momentum=0.01`, which is Keras's `momentum=0.99` (PyTorch's momentum is the share "
                          "of the new value)"),
                reference(value=0.99, evidence="the paper gives no number: Keras's is taken"))),
            field("BatchNormalization.variance", "update", rules=(
                keras(value="twice", packages=BEFORE_TF_KERAS,
                      evidence="keras/layers/normalization.py:195 (2.3.1)",
                      explanation="Keras up to 2.3 updates the moving variance with the batch variance times "
                                  "n / (n - 1) (unbiased), for images with this factor twice",
                      fix="use a later Keras, or large batches"),
                keras(value="unbiased_images", packages=(("tf.keras", "", ""), ("tf_keras", "", "")),
                      evidence="tf_keras/src/layers/normalization/batch_normalization.py:963: "
                               "tf.compat.v1.nn.fused_batch_norm, for images only",
                      explanation="in tf.keras, the moving variance follows the unbiased batch variance for images (a "
                                  "fused operation), and the biased one for other inputs",
                      fix="use large batches, for which both are nearly the same"),
                keras(value="biased", evidence="keras/src/layers/normalization/batch_normalization.py:388",
                      explanation="Keras's moving variance follows the biased batch variance (divided by n), "
                                  "PyTorch's the unbiased one (by n - 1)",
                      fix="use large batches, for which both are nearly the same"),
                torch(value="unbiased", evidence="torch/nn/modules/batchnorm.py:323"),
                reference(value="unbiased", evidence="Ioffe and Szegedy 2015, algorithm 2, line 10"))),
        )

    def examples(self):
        from scenarios.spec import Activation, BatchNormalization, Conv2D, Dense, Flatten
        return ((Dense(4), BatchNormalization(0.1, 0.8, "unbiased"), Activation("tanh")),
                (Conv2D(2, 3), BatchNormalization(0.1, 0.8, "biased"), Activation("tanh"), Flatten("channels_last")))


def variance_factor(layer, shape, n):
    """Return the factor of the biased batch variance in the update of the moving variance.

    `shape` is the shape of the input, and n the number of values per channel, a number or a tensor. Unset, the field
    `variance` is the reference's `unbiased`. Raises ZeroDivisionError where an unbiased variance would divide by 0.
    """
    kind, images = layer["variance"], len(shape) == 4
    if kind == "biased" or kind == "unbiased_images" and not images:
        return 1
    if kind != "twice":
        return n / (n - 1)
    epsilon = 1e-3 if layer["epsilon"] is None else layer["epsilon"]
    return (n / (n - 1) if images else 1) * n / (n - 1 - epsilon)


def _axes(x):
    return tuple(range(x.ndim - 1))


PART = BatchNormalization()
