"""Activations, and losses of outputs that are saturated or outside their domain, compared with the NumPy reference."""

from math import inf

import numpy as np
import pytest
from one_step import BOUND, CLIP, X, Y, assert_agrees, small, weights_of
from rounding import each_float32, relative

from compare.execution.workers import JobFailed
from scenarios.spec import (
    GELU,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Dense,
    Flatten,
    HardSigmoid,
    Huber,
    LeakyReLU,
    LeakyReLUByName,
    QuadraticCost,
)
from scenarios.spec.fields import changed

SATURATED = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 200, 0], np.float32)}


@each_float32
@pytest.mark.parametrize("form", [True, False])
def test_logits_form_keeps_values_that_float32_rounds_to_zero(probe, framework, form):
    spec = small(CategoricalCrossentropy("softmax_of_logits", False, 0.0, form), "softmax")
    assert probe(framework, spec, SATURATED, X, Y[[1] * 6])["loss"] == 0
    if framework == "reference-float32" and not form:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of 0"):
            probe(framework, spec, SATURATED, X, Y[[0] * 6])
    else:
        assert probe(framework, spec, SATURATED, X, Y[[0] * 6])["loss"] == (200 if form else inf)


@each_float32
@pytest.mark.parametrize("labels, outputs, expected", [((0, 0, 1), (0, 0, 1), 0), ((0, 1, 0), (0, 0, 1), inf),
                                                       ((0, 0, 1), (0, 0, 1.5), float("nan"))])
def test_unclipped_loss_of_certain_outputs_is_zero_or_infinite(probe, framework, labels, outputs, expected):
    spec = small(BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array(outputs, np.float32)}
    y = np.array([labels] * 6, np.float32)
    if framework == "reference-float32" and expected != 0:
        with pytest.raises(JobFailed, match="Undefined: the logarithm of"):
            probe(framework, spec, weights, X, y)
    else:
        assert probe(framework, spec, weights, X, y)["loss"] == pytest.approx(expected, nan_ok=True)


@each_float32
def test_hidden_activations_and_flatten_match_the_reference(probe, framework):
    hidden = [layer for name in ("relu", "tanh", "sigmoid", "softmax", "elu") for layer in (Dense(6), Activation(name))]
    spec = changed(small(QuadraticCost(), "sigmoid", (Flatten(), *hidden)), {"data.flatten": False})
    x, weights = X.reshape(6, 5, 1), weights_of(spec, 0.8)
    assert_agrees(probe(framework, spec, weights, x, Y), probe("reference", spec, weights, x, Y))


@each_float32
def test_activations_with_fields_match_the_reference_and_every_field_matters(probe, framework):
    """One network with all of them; changing the value of any field changes the outputs."""
    functions = [LeakyReLU(0.3), LeakyReLUByName(0.2), GELU(True), GELU(False), HardSigmoid(0.2)]
    hidden = [layer for function in functions for layer in (Dense(6), Activation(function))]
    spec = small(Huber(0.3, False), None, hidden)
    actual = probe(framework, spec, weights_of(spec, 0.8), X, Y)
    assert_agrees(actual, probe("reference", spec, weights_of(spec, 0.8), X, Y))
    for place, path, value in ((1, "slope", 0.29), (3, "slope", 0.19), (5, "approximate", False), (9, "slope", 1 / 6)):
        variant = changed(spec, {f"layers.{place}.function.{path}": value})
        assert relative(probe("reference", variant, weights_of(spec, 0.8), X, Y)["logits"], actual["logits"]) > BOUND


@pytest.mark.parametrize("from_zero", [True, False])
@pytest.mark.parametrize("framework", [name for name in each_float32.args[1] if name != "lightning"])
def test_categorical_hinge_of_negative_outputs_depends_on_from_zero(probe, framework, from_zero):
    """PyTorch has no such loss, see test_losses.py."""
    spec = small(CategoricalHinge(from_zero), None)
    weights = weights_of(spec, 0.1, middle=-2.0)
    actual, expected = (probe(name, spec, weights, X, Y) for name in (framework, "reference"))
    assert_agrees(actual, expected)
    assert (float(actual["loss"]) > 2) is from_zero


@each_float32
def test_clip_stops_the_gradient_of_outputs_outside_the_domain(probe, framework):
    spec = small(BinaryCrossentropy("outputs", "clip", CLIP, -inf, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([-0.5, 0.5, 1.5], np.float32)}
    actual = probe(framework, spec, weights, X, Y)
    assert_agrees(actual, probe("reference", spec, weights, X, Y))
    assert list(actual["gradient/0.bias"] != 0) == [False, True, False]


def test_lightning_supports_the_log_floor_of_its_own_loss(probe):
    spec = small(BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False, 0.0), None)
    weights = {"0.kernel": np.zeros((5, 3), np.float32), "0.bias": np.array([0, 0.5, 1], np.float32)}
    actual, expected = (probe(framework, spec, weights, X, Y) for framework in ("lightning", "reference"))
    assert actual["loss"] > 30
    assert np.isnan(actual.pop("loss_after")) and np.isnan(expected.pop("loss_after"))  # far outside [0, 1]
    assert_agrees(actual, expected)
