"""A framework that was not run trains as predicted: for every scenario and every installed framework."""

import numpy as np
import pytest

import scenarios
from compare.analysis.attribution import neighbours
from scenarios.spec.fields import changed

ENVIRONMENTS = {"keras": {"framework": "keras", "backend": "tensorflow"},
                "lightning": {"framework": "lightning", "backend": "torch"},
                "reference": {"framework": "reference", "backend": "numpy"}}
STEPS = 3  # in so few steps, rounding changes losses of raw pixels by less than TOLERANCE
TOLERANCE = 1e-3


def predictions():
    """(scenario, framework that was not run, framework predicted to resolve the same settings)."""
    for name in scenarios.names():
        for framework, equivalent in neighbours(specs(name), ENVIRONMENTS, "shared").items():
            if equivalent:
                yield name, framework, equivalent


def specs(name):
    """The specs of the first behaviour of a scenario, to which the prediction refers, limited to one epoch."""
    scenario = scenarios.load(name)
    return [changed(scenario.variant(variant).spec, {"training.epochs": 1})
            for variant in scenario.behaviours[0].variants]


def test_there_are_predictions_for_other_keras_backends():
    assert {framework for _, framework, _ in predictions()} == {"keras-jax", "keras-torch"}


@pytest.mark.parametrize("name, framework, equivalent", list(predictions()))
def test_frameworks_with_equal_resolved_settings_train_alike(train, name, framework, equivalent):
    for spec in specs(name):
        first, second = (train(side, spec) for side in (framework, equivalent))
        left, right = (trace["step/loss"][:STEPS] for trace in (first, second))
        assert left.size and left.shape == right.shape
        assert np.allclose(left, right, rtol=TOLERANCE, atol=0, equal_nan=True), (left, right)
        assert first.outcome["kind"] == second.outcome["kind"]
