"""Accuracies of every framework follow their rule.

Outputs lie outside [0, 1] too, and logits are so large that float32 rounds all their sigmoids to 1.
"""

import itertools

import numpy as np
import pytest
from one_step import Y, small
from rounding import UNIT

from frameworks.quirks.resolution import resolve
from frameworks.runtime.accuracy import accuracy
from scenarios.spec import SGD, Accuracy, Data, Dense, MeanSquaredError, Spec, Training

LINEAR = np.array([[-1.0], [-0.4], [0.3], [0.6], [1.4], [2.0]], np.float32)
TIED = np.array([[30, 20, 40], [20, 30, 40], [40, 30, 20], [30, 40, 20], [20, 40, 30], [-1, 0, 1]], np.float32)
ONE_OUTPUT = [Accuracy(), Accuracy("threshold", 0.5), Accuracy(None, 0.0), Accuracy("threshold", 0.0),
              Accuracy("round"), Accuracy("sigmoid_first")]
MORE_OUTPUTS = [Accuracy(), Accuracy(None, 0.5), Accuracy("argmax_outputs"), Accuracy("argmax_logits")]


def every_rule(rules):
    """(framework, rule); Keras computes accuracies on jax by the same functions as on TensorFlow: mostly nightly."""
    for framework, rule in itertools.product(("keras", "keras-jax", "lightning", "reference", "keras-torch"), rules):
        slow = framework == "keras-torch" or framework == "keras-jax" and rule not in rules[:2]
        yield pytest.param(framework, rule, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, rule", list(every_rule(ONE_OUTPUT)), ids=str)
def test_accuracy_of_one_output_follows_its_rule(worker, probe, framework, rule):
    data = Data((0, 1), flatten=True, labels="index")
    spec = Spec(data, (Dense(1),), MeanSquaredError(), SGD(0.1), Training(1, 6), rule)
    y = np.array([[0, 0, 0, 1, 1, 1]], np.float32).T
    assert_counts(probe(framework, spec, one_to_one(1), LINEAR, y), spec, worker(framework).environment, y)


@pytest.mark.parametrize("framework, rule", [
    case for case in every_rule(MORE_OUTPUTS) if case.values != ("keras-jax", Accuracy("argmax_logits"))], ids=str)
def test_accuracy_of_several_outputs_follows_its_rule(worker, probe, framework, rule):
    """The accuracy of logits is unsupported with JAX, see test_losses.py."""
    spec = small(MeanSquaredError(), "sigmoid", accuracy=rule)
    assert_counts(probe(framework, spec, one_to_one(3), TIED, Y), spec, worker(framework).environment, Y)


def one_to_one(width):
    return {"0.kernel": np.eye(width, dtype=np.float32), "0.bias": np.zeros(width, np.float32)}


def assert_counts(actual, spec, environment, y):
    resolved = resolve(spec, environment).accuracy
    expected = accuracy(resolved.rule, y, actual["logits"], actual["outputs"], resolved.threshold)
    assert actual["accuracy"] == pytest.approx(expected, abs=UNIT)


def test_batches_distinguish_the_accuracy_rules():
    y, saturated = np.array([[0, 0, 0, 1, 1, 1]]).T, 1 / (1 + np.exp(-TIED))
    assert len({accuracy(rule, y, LINEAR, LINEAR) for rule in ("threshold", "round", "sigmoid_first")}) == 3
    assert len({accuracy(rule, Y, TIED, saturated) for rule in ("argmax_outputs", "argmax_logits")}) == 2
