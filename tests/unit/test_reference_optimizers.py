"""Optimizers of the NumPy reference: steps against hand calculations.

A hand calculation is the formula in the test. Values called measured are those of quirks of Keras and PyTorch
(Keras 3.15, torch 2.15), computed again here.
"""

from math import sqrt

import numpy as np
import pytest

from frameworks.reference import optimizers


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
