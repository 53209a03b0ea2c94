"""Dense: inputs @ kernel + bias. Python 3.6 and NumPy 1.16."""
from frameworks.parts.layer import LayerPart


class Dense(LayerPart):
    """The kernel has shape (inputs, units), the bias (units,)."""

    names = ("kernel", "bias")

    def sizes(self, layer, inputs):
        return {"kernel": (inputs, layer["units"]), "bias": (layer["units"],)}

    def fans(self, layer, inputs):
        return inputs, layer["units"]

    def forward(self, layer, x, kernel, bias):
        return x @ kernel + bias

    def pullback(self, layer, x, y, gradient, kernel, bias):
        return gradient @ kernel.T

    def weight_gradients(self, layer, x, gradient):
        return x.T @ gradient, gradient.sum(0)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from scenarios.spec import FanInUniform, GlorotUniform, Zeros
        return (
            field("Dense.kernel", "initialization", rules=(
                keras(value=GlorotUniform(), evidence="keras/src/layers/core/dense.py:89"),
                torch(value=FanInUniform(), evidence="torch/nn/modules/linear.py:124",
                      explanation="PyTorch draws kernels uniformly within 1 / sqrt(inputs), Keras within "
                                  "sqrt(6 / (inputs + units)) (Glorot uniform)",
                      fix="`nn.init.xavier_uniform_(layer.weight)` gives Keras's initialization"),
                reference(value=GlorotUniform(), evidence="Glorot and Bengio 2010, equation 16"))),
            field("Dense.bias", "initialization", rules=(
                keras(value=Zeros(), evidence="keras/src/layers/core/dense.py:90"),
                torch(value=FanInUniform(), evidence="torch/nn/modules/linear.py:128",
                      explanation="PyTorch initializes biases randomly, Keras with zeros",
                      fix="`nn.init.zeros_(layer.bias)`"),
                reference(value=Zeros(), evidence="Glorot and Bengio 2010, section 2.3"))),
        )

    def examples(self):
        from scenarios.spec import Activation, Dense
        return (Dense(4), Activation("tanh")),


PART = Dense()
