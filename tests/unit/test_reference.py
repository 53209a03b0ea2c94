"""The NumPy reference: gradients against finite differences; activations, initializers and accuracies by hand.

A hand calculation is the formula in the test. Values called measured are those of quirks of Keras and PyTorch
(Keras 3.15, torch 2.15), computed again here.
"""

from math import exp, log, sqrt

import numpy as np
import pytest

from frameworks.parts.activation import activation, sigmoid, softmax
from frameworks.parts.losses import LOSSES, loss_part
from frameworks.parts.losses.logarithms import log_sigmoid, log_softmax
from frameworks.reference.initializers import draw
from frameworks.reference.model import Model
from frameworks.runtime import accuracy
from scenarios.spec import (
    GELU,
    SGD,
    Activation,
    BinaryCrossentropy,
    Data,
    Dense,
    HardSigmoid,
    LeakyReLU,
    LeakyReLUByName,
    MeanSquaredError,
    Normal,
    Spec,
    Training,
)
from scenarios.spec.fields import to_json

EXAMPLES = [example for kind in LOSSES for example in loss_part(kind).examples()]
HIDDEN = ["sigmoid", "softmax", "tanh", "relu", "elu", LeakyReLU(), LeakyReLUByName(0.5), GELU(), GELU(True),
          HardSigmoid()]
Y = np.eye(3)[[0, 1, 2, 1, 0, 2]]
STEP = 1e-6  # of a central difference; its error is about STEP², plus 1e-16 / STEP from rounding


def model(loss, hidden, last, dtype="float64"):
    """A small network in the reference, with outputs inside (0, 1) for every last activation, also without one."""
    layers = [Dense(4), Activation(hidden), Dense(3)] + ([Activation(last)] if last else [])
    spec = to_json(Spec(Data(classes=(0, 1, 2), flatten=True), tuple(layers), loss, SGD(0.1), Training(1, 6)))
    job = {"settings": {"dtype": dtype}, "seed": 0, "init": "shared"}
    network, generator = Model(spec, (0, len(layers)), (5,), job), np.random.default_rng(1)
    network.set_weights({name: generator.normal(0, 0.5 if last else 0.1, value.shape) + (0.5 if name == "2.bias" else 0)
                         for name, value in sorted(network.get_weights().items())})
    return network, generator.normal(size=(6, 5))


@pytest.mark.parametrize("loss, last", [
    (loss, last) for loss in EXAMPLES
    for last in ("sigmoid", "softmax", "tanh", None)
    if last != "tanh" or getattr(loss, "of", "") != "outputs"], ids=str)  # a negative output has no logarithm
def test_the_gradient_of_every_loss_matches_finite_differences(loss, last):
    assert_gradients_match(*model(loss, "tanh", last))


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_the_gradient_of_every_hidden_activation_matches_finite_differences(hidden):
    assert_gradients_match(*model(MeanSquaredError(), hidden, "sigmoid"))


def assert_gradients_match(network, x):
    """Compares `Model.step`'s gradients with central differences of `Model.measure`'s loss."""
    initial = {name: value.copy() for name, value in network.get_weights().items()}
    gradients = {name[9:]: value for name, value in network.step(x, Y).items() if name.startswith("gradient/")}
    assert set(gradients) == set(initial)
    for name, gradient in gradients.items():
        for index in np.ndindex(gradient.shape):
            values = []
            for h in (STEP, -STEP):
                moved = {**initial, name: initial[name].copy()}
                moved[name][index] += h
                network.set_weights(moved)
                values.append(network.measure(x, Y)[0])
            assert (values[0] - values[1]) / (2 * STEP) == pytest.approx(gradient[index], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("function, x, expected", [
    (LeakyReLU(), -1, -0.01), (LeakyReLU(0.3), -1, -0.3), (LeakyReLUByName(0.2), -1, -0.2), (LeakyReLU(), 2, 2),
    (GELU(), 1, 0.841345), (GELU(True), 1, 0.841192), (HardSigmoid(0.2), -2.5, 0), (HardSigmoid(1 / 6), -2.5, 0.5 / 6),
    (HardSigmoid(), 3, 1), ("elu", -1, exp(-1) - 1), ("elu", 3, 3)], ids=str)
def test_an_activation_matches_its_measured_value(function, x, expected):
    config = to_json(Spec(Data((0, 1), flatten=True), (Dense(2), Activation(function)), MeanSquaredError(), SGD(0.1),
                          Training(1)))["layers"][-1]["function"]
    assert activation(config)[0](np.array([float(x)]))[0] == pytest.approx(expected, abs=1e-6)


def test_logarithms_and_activations_are_finite_for_large_inputs():
    inputs = np.array([[-1000.0, 0.0, 1000.0]])
    assert (log_sigmoid(inputs) == [[-1000, -log(2), 0]]).all()
    assert (log_softmax(inputs) == [[-2000, -1000, 0]]).all()
    assert (sigmoid(inputs) == [[0, 0.5, 1]]).all() and (softmax(inputs) == [[0, 0, 1]]).all()


def test_weights_follow_the_distribution_of_their_initializer():
    kernels = [{"is": "Normal", "mean": 0.5, "stddev": 2.0}, {"is": "FanInUniform"}, None]
    layers = [(str(i), {"is": "Dense", "units": 400, "kernel": kernel, "bias": None})
              for i, kernel in enumerate(kernels)]
    drawn = draw(layers, (100,), np.random.default_rng(0))
    error = 2.0 / sqrt(drawn["0.kernel"].size)  # standard error of the mean
    assert abs(drawn["0.kernel"].mean() - 0.5) < 4 * error and drawn["0.kernel"].std() == pytest.approx(2.0, rel=0.02)
    assert 0.999 / sqrt(400) < abs(drawn["1.kernel"]).max() <= 1 / sqrt(400)
    assert 0.999 * sqrt(6 / 800) < abs(drawn["2.kernel"]).max() <= sqrt(6 / 800) and not drawn["2.bias"].any()


def test_accuracy_rules_differ_for_outputs_out_of_range():
    labels = np.array([[0.0], [1.0], [1.0]])

    def accuracy_of(rule, *outputs):
        column = np.array(outputs)[:, None]
        return accuracy.accuracy(rule, labels, column, column)
    assert accuracy_of("threshold", -1, 0.3, 2) == pytest.approx(2 / 3)
    assert accuracy_of("sigmoid_first", -1, 0.3, 2) == 1  # .3 becomes .574, since -1 lies outside
    assert accuracy_of("sigmoid_first", 0.1, 0.3, 0.9) == pytest.approx(2 / 3)
    assert accuracy_of("round", -1, 0.6, 1.6) == pytest.approx(1 / 3) and accuracy_of("round", -0.4, 0.6, 1.4) == 1
    rows, logits = np.eye(2)[[1, 0]], np.array([[1.0, 2.0], [3.0, 4.0]])
    assert accuracy.accuracy("argmax_outputs", rows, logits, np.ones((2, 2))) == 0.5  # ties are resolved to the first
    assert accuracy.accuracy("argmax_logits", rows, logits, np.ones((2, 2))) == 0.5


def test_an_undefined_loss_ends_the_training(train):
    """Outputs are exactly 0.5 at first and leave [0, 1] some steps later."""
    spec = Spec(Data(classes=(0, 1), divisor=255.0, flatten=True, labels="index"),
                (Dense(1, Normal(0.0, 0.0), Normal(0.5, 0.0)),), BinaryCrossentropy(), SGD(0.01), Training(2, 8))
    trace = train("reference", spec)
    assert trace.outcome["kind"] == "undefined" and "outside" in trace.outcome["message"]
    assert 0 < trace.outcome["step"] == len(trace["step/loss"])
    assert trace["step/loss"][0] == pytest.approx(log(2))
