"""GroupNormalization of each sample over groups of channels; Wu and He 2018, section 3.1. Python 3.6, NumPy 1.16."""
from frameworks.parts import normalization
from frameworks.parts.layer import LayerPart
from frameworks.parts.normalization import epsilon_of, normalized

AXES = (1, 3)
"""The axes of an array of shape (batch, positions, groups, channels per group) that are normalized together."""


class GroupNormalization(LayerPart):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta, where gamma and beta have shape (channels,)."""

    names = ("gamma", "beta")
    initial = {"gamma": "Ones", "beta": "Zeros"}
    normalizes = True

    def forward(self, layer, x, gamma, beta):
        return gamma * self._normal(layer, x) + beta

    def pullback(self, layer, x, y, gradient, gamma, beta):
        of_groups = normalization.pullback(_grouped(layer, x), _grouped(layer, gradient * gamma), AXES,
                                           epsilon_of(layer, x))
        return of_groups.reshape(x.shape)

    def weight_gradients(self, layer, x, gradient):
        return normalization.scale_and_shift(self._normal(layer, x), gradient)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("GroupNormalization.epsilon", "forward", published=False, rules=(
                keras(value=1e-3, evidence="keras/src/layers/normalization/group_normalization.py:71",
                      explanation="Keras's GroupNormalization adds 1e-3 to the variance, PyTorch's 1e-5",
                      fix="pass `epsilon=1e-5`"),
                torch(value=1e-5, evidence="torch/nn/modules/normalization.py:297",
                      explanation="PyTorch's GroupNorm adds 1e-5 to the variance, Keras's 1e-3",
                      fix="pass `eps=1e-3`"),
                reference(value=1e-3, evidence="the paper gives no number: Keras's is taken"))),
        )

    def examples(self):
        from scenarios.spec import Activation, Conv2D, Dense, Flatten, GroupNormalization
        return ((Dense(6), GroupNormalization(3, 0.1), Activation("tanh")),
                (Conv2D(4, 3), GroupNormalization(2, 0.1), Activation("tanh"), Flatten("channels_last")))

    def _normal(self, layer, x):
        return normalized(_grouped(layer, x), AXES, epsilon_of(layer, x))[0].reshape(x.shape)


def _grouped(layer, x):
    return x.reshape(len(x), -1, layer["groups"], x.shape[-1] // layer["groups"])


PART = GroupNormalization()
