"""What is said of a framework that was not run is what a run of it shows: for every scenario and what is installed."""

import numpy as np
import pytest

import scenarios
from compare.analysis.attribution import neighbours
from scenarios.spec.fields import changed

ENVIRONMENTS = {"keras": {"framework": "keras", "backend": "tensorflow"},
                "lightning": {"framework": "lightning", "backend": "torch"},
                "reference": {"framework": "reference", "backend": "numpy"}}
STEPS = 3  # in these rounding has not yet moved the losses of raw pixels by more than TOLERANCE
TOLERANCE = 1e-3


def said():
    """(scenario, framework that was not run, the one whose settings it is said to resolve alike)."""
    for name in scenarios.names():
        for other, alike in neighbours(specs(name), ENVIRONMENTS, "shared").items():
            if alike:
                yield name, other, alike


def specs(name):
    """What the first behaviour of a scenario trains, of which the sentence speaks; one epoch of it."""
    scenario = scenarios.load(name)
    return [changed(scenario.variant(variant).spec, {"training.epochs": 1})
            for variant in scenario.behaviours[0].variants]


def test_there_is_something_to_compare():
    assert {other for _, other, _ in said()} == {"keras-jax", "keras-torch"}


@pytest.mark.parametrize("name, other, alike", list(said()))
def test_what_resolves_every_setting_alike_trains_alike(train, name, other, alike):
    for spec in specs(name):
        first, second = (train(framework, spec) for framework in (other, alike))
        one, two = (trace["step/loss"][:STEPS] for trace in (first, second))
        assert one.size and one.shape == two.shape
        assert np.allclose(one, two, rtol=TOLERANCE, atol=0, equal_nan=True), (one, two)
        assert first.outcome["kind"] == second.outcome["kind"]
