"""Activations: elementwise functions, and softmax. Python 3.6 and NumPy 1.16.

Arrays have any shape; results have the dtype of the input. The default arguments are the values of the papers that the
reference's rules in `Activation.rules` cite.
"""
from functools import partial

import numpy as np

from frameworks.parts.layer import LayerPart


class Activation(LayerPart):
    """Applies `layer["function"]`: a key of `ACTIVATIONS`, or a class with its fields as plain JSON."""

    def forward(self, layer, x):
        return activation(layer["function"])[0](x)

    def pullback(self, layer, x, y, gradient):
        return activation(layer["function"])[1](x, y, gradient)

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torch
        from frameworks.quirks.versions import BEFORE_3
        in_torch, in_keras = "torch/nn/modules/activation.py", "keras/src/activations/activations.py"
        return (
            field("LeakyReLU.slope", "forward", rules=(
                keras(value=0.3, evidence="keras/src/layers/activations/leaky_relu.py:38",
                      explanation="Keras's LeakyReLU layer has negative slope 0.3, PyTorch's 0.01",
                      fix="pass `negative_slope=0.01`"),
                torch(value=0.01, evidence=in_torch + ":914"),
                reference(value=0.01, evidence="Maas et al. 2013, section 2"))),
            field("LeakyReLUByName.slope", "forward", rules=(
                keras(value=0.2, evidence=in_keras + ":112",
                      explanation="Keras's `activation=\"leaky_relu\"` has negative slope 0.2, its LeakyReLU layer "
                                  "0.3, PyTorch's LeakyReLU 0.01",
                      fix="use `keras.layers.LeakyReLU(negative_slope=0.01)` as a layer instead"),
                torch(value=0.01, evidence=in_torch + ":914"),
                reference(value=0.01, evidence="Maas et al. 2013, section 2"))),
            field("GELU.approximate", "forward", rules=(
                keras(value=False, evidence=in_keras + ":338"),
                torch(value=False, evidence=in_torch + ":809"),
                reference(value=False, evidence="Hendrycks and Gimpel 2016, section 2"))),
            field("HardSigmoid.slope", "forward", rules=(
                keras(value=0.2, packages=BEFORE_3,
                      evidence="keras/backend/tensorflow_backend.py:3407 (2.2.4), tf_keras/src/backend.py:5939 (2.21)",
                      explanation="`hard_sigmoid` has slope 0.2 in Keras 2, and 1/6 in Keras 3 and PyTorch",
                      fix="use `keras.backend.clip(x / 6 + 0.5, 0, 1)`"),
                keras(value=1 / 6, evidence="keras/src/backend/tensorflow/nn.py:110"),
                torch(value=1 / 6, evidence=in_torch + ":373"),
                reference(value=1 / 6, evidence="Howard et al. 2019, section 5.2: relu6(x + 3) / 6"))),
        )

    def examples(self):
        from scenarios.spec import GELU, Activation, Dense, HardSigmoid, LeakyReLU, LeakyReLUByName
        functions = ("sigmoid", "softmax", "relu", "tanh", "elu", LeakyReLU(0.1), LeakyReLUByName(0.2), GELU(True),
                     HardSigmoid(0.2))
        return tuple((Dense(4), Activation(function)) for function in functions)


def sigmoid(z):
    """Return 1 / (1 + e^-z), computed without overflow for large |z|."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softmax(z):
    """Return e^z / Σ e^z over the last axis."""
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def softmax_pullback(p, g):
    """Return the gradient of the input of softmax from the gradient g of its output p."""
    return p * (g - (g * p).sum(-1, keepdims=True))


def gelu(z, approximate=False):
    """Return z · Φ(z); if `approximate`, Φ is approximated by tanh."""
    return z * (_tanh_normal(z)[0] if approximate else _normal(z)).astype(z.dtype)


def gelu_pullback(z, p, g, approximate=False):
    """Return (Φ(z) + z · Φ'(z)) · g, the gradient of the input of `gelu`."""
    if approximate:
        probability, density = _tanh_normal(z)
    else:
        probability, density = _normal(z), np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return (g * (probability + z * density)).astype(z.dtype)


def _normal(z):
    """Return Φ(z), the cumulative distribution function of the standard normal distribution."""
    from scipy import special  # imported here since the environments of old Keras versions have no SciPy
    return special.ndtr(z)


def _tanh_normal(z):
    """Return (the approximation of Φ(z) by tanh, its derivative)."""
    root = np.sqrt(2 / np.pi)
    tanh = np.tanh(root * (z + 0.044715 * z ** 3))
    return (1 + tanh) / 2, (1 - tanh * tanh) / 2 * root * (1 + 3 * 0.044715 * z * z)


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z, p, g: g * p * (1 - p)),
    "softmax": (softmax, lambda z, p, g: softmax_pullback(p, g)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, p, g: g * (p > 0)),
    "tanh": (np.tanh, lambda z, p, g: g * (1 - p * p)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z, p, g: g * np.where(z > 0, 1, p + 1)),
    "LeakyReLU": (lambda z, slope=0.01: np.where(z > 0, z, z * np.asarray(slope, z.dtype)),
                  lambda z, p, g, slope=0.01: g * np.where(z > 0, 1, slope).astype(z.dtype)),
    "GELU": (gelu, gelu_pullback),
    "HardSigmoid": (lambda z, slope=1 / 6: np.clip(z * np.asarray(slope, z.dtype) + z.dtype.type(0.5), 0, 1),
                    lambda z, p, g, slope=1 / 6: g * np.where((p > 0) & (p < 1), slope, 0).astype(z.dtype)),
}
"""By name, the function and its pullback: (input, output, gradient of the output) -> gradient of the input."""
ACTIVATIONS["LeakyReLUByName"] = ACTIVATIONS["LeakyReLU"]


def activation(function):
    """Return (function, pullback) of an activation, given by name or as a class with its fields in plain JSON."""
    if isinstance(function, str):
        return ACTIVATIONS[function]
    given = {name: value for name, value in function.items() if value is not None and name != "is"}
    return tuple(partial(part, **given) for part in ACTIVATIONS[function["is"]])


PART = Activation()
