"""LayerNormalization of each sample over its features; Ba et al. 2016, equation 4. Python 3.6 and NumPy 1.16."""
from frameworks.parts import normalization
from frameworks.parts.layer import LayerPart
from frameworks.parts.normalization import epsilon_of, normalized


class LayerNormalization(LayerPart):
    """gamma · (x - mean) / sqrt(variance + epsilon) + beta, where gamma and beta have shape (inputs,)."""

    names = ("gamma", "beta")
    initial = {"gamma": "Ones", "beta": "Zeros"}
    normalizes = True

    def forward(self, layer, x, gamma, beta):
        return gamma * normalized(x, 1, epsilon_of(layer, x))[0] + beta

    def pullback(self, layer, x, y, gradient, gamma, beta):
        return normalization.pullback(x, gradient * gamma, 1, epsilon_of(layer, x))

    def weight_gradients(self, layer, x, gradient):
        return normalization.scale_and_shift(normalized(x, 1, epsilon_of(layer, x))[0], gradient)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        return (
            field("LayerNormalization.epsilon", "forward", published=False, rules=(
                keras(value=1e-3, evidence="keras/src/layers/normalization/layer_normalization.py:108",
                      explanation="Keras's LayerNormalization adds 1e-3 to the variance, PyTorch's 1e-5",
                      fix="pass `epsilon=1e-5`"),
                torch(value=1e-5, evidence="torch/nn/modules/normalization.py:191",
                      explanation="PyTorch's LayerNorm adds 1e-5 to the variance, Keras's 1e-3", fix="pass `eps=1e-3`"),
                reference(value=1e-3, evidence="the paper has none: Keras's is taken"))),
        )

    def examples(self):
        from scenarios.spec import Activation, Dense, LayerNormalization
        return (Dense(4), LayerNormalization(0.1), Activation("tanh")),


PART = LayerNormalization()
