"""The NumPy reference: gradients against finite differences, values against hand calculations.

A hand calculation is the formula in the test. Values called measured are those of quirks of Keras and PyTorch
(Keras 3.15, torch 2.15), computed again here.
"""

from math import exp, log, sqrt

import numpy as np
import pytest

from frameworks.parts.activation import activation, sigmoid, softmax
from frameworks.parts.losses import LOSSES, loss_part
from frameworks.parts.losses.logarithms import log_sigmoid, log_softmax
from frameworks.reference import optimizers
from frameworks.reference.initializers import draw
from frameworks.reference.model import Model
from frameworks.runtime import accuracy
from frameworks.runtime.errors import Refused, Undefined
from scenarios.spec import (
    GELU,
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
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
from scenarios.spec.fields import changed, to_json

EXAMPLES = [example for kind in LOSSES for example in loss_part(kind).examples()]
HIDDEN = ["sigmoid", "softmax", "tanh", "relu", "elu", LeakyReLU(), LeakyReLUByName(0.5), GELU(), GELU(True),
          HardSigmoid()]
Y = np.eye(3)[[0, 1, 2, 1, 0, 2]]
STEP = 1e-6  # of a central difference, whose error is about STEP², plus 1e-16 / STEP from rounding


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


(categorical_crossentropy, binary_crossentropy, mean_squared_error, quadratic_cost,
 huber, kl_divergence, categorical_hinge, hinge) = (
    loss_part(kind).value_and_gradient for kind in (
        "CategoricalCrossentropy", "BinaryCrossentropy", "MeanSquaredError", "QuadraticCost", "Huber", "KLDivergence",
        "CategoricalHinge", "Hinge"))


def categorical(outputs, true, dtype=float, **fields):
    """(loss, gradient) of the outputs of one sample, without an activation."""
    p = np.array([outputs], dtype)
    loss, of_z, of_p = categorical_crossentropy(np.eye(p.size)[[true]].astype(dtype), p, p, "linear", **fields)
    return loss, (of_p if of_z is None else of_z)[0]


def binary(output, label, dtype=float, domain="clip", **fields):
    """(loss, gradient) of a single output, without an activation."""
    y, p = np.array([[label]], dtype), np.array([[output]], dtype)
    with np.errstate(invalid="ignore"):
        loss, of_z, of_p = binary_crossentropy(y, p, p, "linear", domain=domain, **fields)
    return loss, (of_p if of_z is None else of_z)[0, 0]


def test_outputs_are_divided_by_their_sum():
    assert categorical([2, 2, 4], 1, row_division=True)[0] == pytest.approx(log(4), abs=1e-12)  # −log(2/8)


def test_clipped_probabilities_bound_the_loss_and_have_no_gradient():
    for outputs in ([1, 0], [3, -2]):
        loss, gradient = categorical(outputs, 1, clip=1e-7)
        assert loss == pytest.approx(-log(1e-7)) == pytest.approx(16.118, abs=5e-4)
        assert not gradient.any()


def test_division_by_a_negative_sum_flips_the_signs():
    assert categorical([-1, 2, -3], 1, row_division=True, clip=1e-7)[0] == pytest.approx(16.118, abs=5e-4)  # q = 2/−2


def test_a_second_softmax_flattens_the_probabilities():
    probabilities = [0.3, 0.5, 0.2]
    assert categorical(probabilities, 0)[0] == pytest.approx(-log(0.3)) == pytest.approx(1.2040, abs=5e-5)
    twice = categorical(probabilities, 0, of="softmax_of_outputs")[0]
    assert twice == pytest.approx(log(sum(map(exp, probabilities))) - 0.3) == pytest.approx(1.1398, abs=5e-5)


def test_division_after_clipping_hides_outputs_out_of_range():
    """Keras's sparse categorical cross-entropy on TensorFlow: a softmax of the logarithm of the clipped outputs."""
    divided = categorical([0.5, 2, -3], 0, clip=1e-7, row_division="after_clip")[0]
    assert divided == pytest.approx(-log(0.5 / (0.5 + (1 - 1e-7) + 1e-7))) == pytest.approx(log(3), abs=1e-6)
    assert categorical([0.5, 2, -3], 0, clip=1e-7, row_division=True)[0] == pytest.approx(-log(1e-7))  # −1 of the sum


def test_label_smoothing_gives_every_class_a_share():
    """The measured value of both frameworks: a softmax of (1, 2, 3) with label 2, smoothed by 0.1."""
    shares = np.array([1 / 30, 1 / 30, 0.9 + 1 / 30])
    expected = -(shares * (np.array([1, 2, 3]) - log(sum(map(exp, (1, 2, 3)))))).sum()
    assert categorical([1, 2, 3], 2, of="softmax_of_logits", label_smoothing=0.1)[0] == pytest.approx(expected)
    loss, gradient = categorical([0.2, 0.3, 0.5], 2, label_smoothing=0.1)
    assert loss == pytest.approx(-(shares * np.log([0.2, 0.3, 0.5])).sum())
    assert gradient == pytest.approx(-shares / [0.2, 0.3, 0.5])


def test_integer_labels_train_as_one_hot_labels(train):
    integers = Spec(Data((7, 3, 1), first=80, divisor=255.0, flatten=True, labels="index"), (Dense(3),),
                    CategoricalCrossentropy("softmax_of_logits"), SGD(0.1), Training(2, 32))
    left, right = train("reference", integers), train("reference", changed(integers, {"data.labels": "one_hot"}))
    assert all((left[name] == right[name]).all() for name in left.arrays if name != "batch_checksum/labels")


def test_the_logits_form_is_exact_where_the_probability_rounds_to_zero():
    assert categorical([0, 800], 0, of="softmax_of_logits")[0] == 800
    assert binary(-800, 1, of="sigmoid_of_logits")[0] == 800
    with pytest.raises(Undefined):
        categorical([0, 800], 0, of="softmax_of_logits", logits_form=False)


def test_a_clipped_output_has_no_gradient_in_binary_crossentropy():
    for output in (0, -3):
        loss, gradient = binary(output, 1, clip=1e-7)
        assert loss == pytest.approx(-log(1e-7)) and gradient == 0


def test_clipping_bounds_are_not_symmetric_in_float32():
    nearest = float(np.float32(1) - np.float32(1e-7))
    loss = binary(1, 0, np.float32, clip=1e-7)[0]
    assert loss == pytest.approx(-log(1 - nearest), abs=1e-5) == pytest.approx(15.9424, abs=5e-5)


def test_a_floor_of_the_logarithm_bounds_the_loss_but_not_the_gradient():
    loss, gradient = binary(0, 1, domain="refuse", log_floor=-100.0, logits_form=False)
    assert loss == 100 and gradient == pytest.approx(-1e12)  # torch/nn/modules/loss.py:668


def test_a_saturated_correct_output_has_no_loss_but_a_gradient():
    assert binary(0, 0) == (0, 1) and binary(1, 1) == (0, -1)  # the derivatives of −log(1 − q) and of −log q


def test_binary_crossentropy_and_accuracy_accept_labels_above_one():
    """Digits from 0 to 9 as labels of a single output: the loss of label 7 is −7 log q + 6 log(1 − q)."""
    for settings in ({}, {"logits_form": False}, {"clip": 1e-7, "domain": "clip"}):
        loss, gradient = binary(0.2, 7, **settings)
        assert loss == pytest.approx(-7 * log(0.2) + 6 * log(0.8)) and gradient == pytest.approx(-7 / 0.2 - 6 / 0.8)
    with pytest.raises(Undefined):
        binary(1, 7)
    first_class, sevens = np.ones((1, 1)), np.full((1, 1), 7.0)
    assert not accuracy.accuracy("threshold", sevens, first_class, first_class)
    assert not accuracy.accuracy("sigmoid_first", sevens, 3 * first_class, 3 * first_class)


def test_outputs_outside_their_domain_are_refused_or_undefined():
    with pytest.raises(Refused, match="outside"):
        binary(1.5, 1, domain="refuse")
    for domain in ("undefined", "clip"):  # clipping by 0 changes nothing
        with pytest.raises(Undefined):
            binary(1.5, 1, domain=domain)
    with pytest.raises(Undefined):
        categorical([0.5, -0.5], 1)


def test_quadratic_cost_is_mean_squared_error_times_half_the_outputs():
    y, p = np.array([[1.0, 0, 0, 0]]), np.array([[0.5, 0.5, 0, 0]])
    assert mean_squared_error(y, p, p, "linear")[0] == 0.5 / 4
    assert quadratic_cost(y, p, p, "linear")[0] == 0.5 / 2


def test_huber_loss_is_linear_beyond_delta():
    """The measured values of Keras's Huber, nn.HuberLoss and nn.SmoothL1Loss for an error of 3."""
    y, p = np.array([[1.0]]), np.array([[4.0]])
    assert huber(y, p, p, "linear", delta=2.0)[0] == 2 * 3 - 2 == 4
    assert huber(y, p, p, "linear", delta=2.0, divided=True)[0] == 2
    assert huber(y, p, p, "linear", delta=5.0)[0] == 9 / 2
    assert huber(y, p, p, "linear", delta=2.0)[2] == 2


def test_kl_divergence_of_probabilities_and_pytorchs_of_log_probabilities():
    y, p = np.array([[0.5, 0.5]] * 3), np.array([[0.25, 0.75]] * 3)
    expected = (log(0.5 / 0.25) + log(0.5 / 0.75)) / 2
    assert kl_divergence(y, p, p, "linear")[0] == pytest.approx(expected)
    settings = {"of": "powers_of_outputs", "mean_of": "elements"}
    assert kl_divergence(y, p, np.log(p), "linear", **settings)[0] == pytest.approx(expected / 2)
    assert kl_divergence(y, p, p, "linear", **settings)[0] == pytest.approx((log(0.5) - 0.5) / 2)  # below 0
    with pytest.raises(Undefined):
        kl_divergence(y, p, p - 0.25, "linear")
    certain = np.array([[1.0, 0.0]])
    assert kl_divergence(certain, certain, certain, "linear")[0] == 0
    assert not kl_divergence(certain, certain, -certain, "linear", clip=1e-7)[2][0, 0]


def test_hinge_uses_signed_labels_and_categorical_hinge_a_margin():
    y, p = np.array([[0.0, 1.0]]), np.array([[0.3, 0.6]])
    assert hinge(y, p, p, "linear")[0] == pytest.approx((1.3 + 0.4) / 2)
    assert hinge(y, p, p, "linear", signs=False)[0] == pytest.approx((1 + 0.4) / 2)
    assert categorical_hinge(y, p, p, "linear")[0] == pytest.approx(1 + 0.3 - 0.6)
    assert categorical_hinge(y, p, p - 1, "linear")[0] == pytest.approx(1 - 0.7 + 0.4)
    assert categorical_hinge(y, p, p - 1, "linear", from_zero=True)[0] == pytest.approx(1 + 0.4)


@pytest.mark.parametrize("function, x, expected", [
    (LeakyReLU(), -1, -0.01), (LeakyReLU(0.3), -1, -0.3), (LeakyReLUByName(0.2), -1, -0.2), (LeakyReLU(), 2, 2),
    (GELU(), 1, 0.841345), (GELU(True), 1, 0.841192), (HardSigmoid(0.2), -2.5, 0), (HardSigmoid(1 / 6), -2.5, 0.5 / 6),
    (HardSigmoid(), 3, 1), ("elu", -1, exp(-1) - 1), ("elu", 3, 3)], ids=str)
def test_an_activation_matches_its_measured_value(function, x, expected):
    config = to_json(Spec(Data((0, 1), flatten=True), (Dense(2), Activation(function)), MeanSquaredError(), SGD(0.1),
                          Training(1)))["layers"][-1]["function"]
    assert activation(config)[0](np.array([float(x)]))[0] == pytest.approx(expected, abs=1e-6)


def moved(kind, gradients, **settings):
    """The change of one weight, in units of the learning rate, after these gradients in turn."""
    weights, optimizer_state = {"w": np.zeros(1)}, {}
    for g in gradients:
        weights, optimizer_state = optimizers.updated(kind, weights, {"w": np.array([float(g)])}, optimizer_state,
                                                      learning_rate=1.0, **settings)
    return -weights["w"][0]


@pytest.mark.parametrize("epsilon, place, expected, measured", [
    (1e-7, "before_correction", 1 / (1 + sqrt(1000)), 0.03065),  # sqrt(v) is g · sqrt(.001)
    (1e-7, "after_correction", 1 / 2, 0.5),
    (1e-8, "after_correction", 1 / 1.1, 0.909)])
def test_the_place_of_epsilon_determines_adams_first_step(epsilon, place, expected, measured):
    first = moved("Adam", [1e-7], epsilon=epsilon, epsilon_place=place)
    assert first == pytest.approx(expected, rel=1e-9) == pytest.approx(measured, abs=5e-4)


@pytest.mark.parametrize("place, expected, measured", [
    ("inside_root", 1e-4 / sqrt(0.1 * 1e-8 + 1e-7), 0.3147),
    ("outside_root", 1e-4 / (sqrt(0.1 * 1e-8) + 1e-7), 3.1523)])
def test_the_place_of_epsilon_determines_rmsprops_first_step(place, expected, measured):
    first = moved("RMSprop", [1e-4], epsilon=1e-7, epsilon_place=place)
    assert first == pytest.approx(expected, rel=1e-9) == pytest.approx(measured, abs=5e-5)


def test_momentum_accumulates_previous_steps():
    assert moved("SGD", [1, 1]) == 2
    assert moved("SGD", [1, 1], momentum=0.5) == 1 + 1.5
    assert moved("SGD", [1, 1], momentum=0.5, nesterov=True) == 1.5 + (0.5 * 1.5 + 1)
    root = [sqrt(0.1), sqrt(0.9 * 0.1 + 0.1)]
    assert moved("RMSprop", [1, 1], epsilon=0.0) == pytest.approx(1 / root[0] + 1 / root[1])
    assert moved("RMSprop", [1, 1], epsilon=0.0, momentum=0.5) == pytest.approx(1.5 / root[0] + 1 / root[1])


def test_adams_second_step_matches_algorithm_1():
    m, v = 0.9 * 0.1 * 1 + 0.1 * 3, 0.999 * 0.001 * 1 + 0.001 * 9
    second = m / (1 - 0.9**2) / (sqrt(v / (1 - 0.999**2)) + 1e-8)
    assert moved("Adam", [1, 3]) == pytest.approx(1 / (1 + 1e-8) + second, rel=1e-12)


@pytest.mark.parametrize("place, roots", [("inside_root", (sqrt(1.25), sqrt(10.25))),
                                          ("outside_root", (1 + .25, sqrt(10) + .25))])
def test_adagrad_divides_by_the_root_of_accumulated_squares(place, roots):
    assert moved("Adagrad", [1, 3], epsilon=.25, epsilon_place=place) == pytest.approx(
        1 / roots[0] + 3 / roots[1])
    later = moved("Adagrad", [1, 3], epsilon=0.0, initial_accumulator_value=0.5)
    assert later == pytest.approx(1 / sqrt(1.5) + 3 / sqrt(10.5))


def test_adadelta_scales_steps_by_previous_updates():
    first = sqrt(.25 / (.5 + .25))  # v is .5, d is 0
    second = sqrt((.5 * first**2 + .25) / (.25 + 4.5 + .25)) * 3
    assert moved("Adadelta", [1, 3], rho=.5, epsilon=.25) == pytest.approx(first + second)


@pytest.mark.parametrize("growth", [1.0, 0.004])
def test_nadams_second_step_matches_dozats_algorithm(growth):
    mu = [.9 * (1 - .5 * .96**(i * growth)) for i in range(4)]  # mu[1] is that of the first step
    first = (mu[2] * .1 / (1 - mu[1] * mu[2]) + (1 - mu[1]) / (1 - mu[1])) / (1 + 1e-8)
    m, v = .9 * .1 + .1 * 3, (.999 * .001 + .001 * 9) / (1 - .999**2)
    ahead = mu[3] * m / (1 - mu[1] * mu[2] * mu[3]) + (1 - mu[2]) * 3 / (1 - mu[1] * mu[2])
    assert moved("Nadam", [1, 3], momentum_decay=growth) == pytest.approx(
        first + ahead / (sqrt(v) + 1e-8), rel=1e-12)


def stepped(weight_decay="none", clip="none", momentum=0.0, gradients=((3.0, 4.0), (12.0,)), steps=1):
    """The weights after steps of SGD from (2, 2) and (2,), with learning rate 0.1 and the same gradients."""
    spec = {"is": "SGD", "learning_rate": .1, "momentum": momentum, "nesterov": None, "weight_decay": weight_decay,
            "clip": clip}
    weights, optimizer_state = {"a": np.full(2, 2.0), "b": np.full(1, 2.0)}, {}
    for _ in range(steps):
        weights, optimizer_state = optimizers.step(spec, weights, dict(zip("ab", map(np.array, gradients))),
                                                   optimizer_state)
    return [*weights["a"], *weights["b"]]


def test_gradients_are_clipped_by_their_own_or_the_global_norm():
    """The norms are 5 and 12, and 13 together."""
    def clipped(**fields):
        return stepped(clip={"is": "Clip", "norm": 6.5, **fields})
    assert clipped(of="variable", offset=0.0) == pytest.approx([2 - .3, 2 - .4, 2 - .65])
    assert clipped(of="all", offset=0.0) == pytest.approx([2 - .15, 2 - .2, 2 - .6])
    assert clipped(of=None) == clipped(of="all", offset=0.0)
    assert clipped(of="all", offset=13.0) == pytest.approx([2 - .075, 2 - .1, 2 - .3])
    nothing = {"is": "Clip", "norm": 1.0, "of": "variable", "offset": 0.0}
    with np.errstate(all="ignore"):
        assert stepped(clip=nothing, gradients=((0.0, 0.0), (0.5,))) == [2, 2, 1.95]


def test_decoupled_weight_decay_does_not_enter_the_momentum():
    def decayed(decoupled, steps, momentum=0.0):
        return stepped({"is": "WeightDecay", "factor": .5, "decoupled": decoupled}, momentum=momentum, steps=steps)
    for decoupled in (True, False):
        assert decayed(decoupled, 1) == pytest.approx([1.9 - .3, 1.9 - .4, 1.9 - 1.2])
    assert decayed(True, 2) == pytest.approx(decayed(False, 2))
    first = 2 * .95 - .3
    assert decayed(True, 2, .5)[0] == pytest.approx(first * .95 - .45)
    assert decayed(False, 2, .5)[0] == pytest.approx(first + .5 * -(.3 + .1) - .1 * (3 + .5 * first))


def test_gradients_are_clipped_before_weight_decay():
    decay = {"is": "WeightDecay", "factor": 10.0, "decoupled": False}
    clip = {"is": "Clip", "norm": 13.0, "of": "all", "offset": 0.0}
    assert stepped(decay, clip)[0] == pytest.approx(2 - .1 * (3 + 20))


def test_adamw_is_adam_with_decoupled_weight_decay():
    spec = {"is": "AdamW", "learning_rate": .1, "weight_decay": {"is": "WeightDecay", "factor": None}, "clip": "none"}
    weights, gradients = {"w": np.array([2.0])}, {"w": np.array([3.0])}
    expected, _ = optimizers.step({**spec, "is": "Adam", "weight_decay": "none"}, weights, gradients, {})
    assert optimizers.step(spec, weights, gradients, {})[0]["w"] == pytest.approx(expected["w"] - 2 * .1 * .004)


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
