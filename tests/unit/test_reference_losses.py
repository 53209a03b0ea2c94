"""Losses of the NumPy reference: values and gradients against hand calculations.

A hand calculation is the formula in the test. Values called measured are those of quirks of Keras and PyTorch
(Keras 3.15, torch 2.15), computed again here.
"""

from math import exp, log

import numpy as np
import pytest

from frameworks.parts.losses import loss_part
from frameworks.runtime import accuracy
from frameworks.runtime.errors import Refused, Undefined
from scenarios.spec import (
    SGD,
    CategoricalCrossentropy,
    Data,
    Dense,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

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
