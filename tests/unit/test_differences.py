"""Differences in losses and accuracies, which every run measures, explains by a search and confirms."""

import numpy as np
import pytest
from faulty import SOFTMAX, Fault, WorkerPool, realization

from compare.analysis import difference_causes, differences
from compare.analysis.causes import search
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.quantities import QUANTITIES
from compare.analysis.training_cache import TrainingCache
from frameworks.reference import model as reference
from scenarios.scenario import Scenario, Variant
from scenarios.spec import CategoricalCrossentropy
from scenarios.spec.fields import changed

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"]}
LIGHTNING = {"framework": "lightning", "backend": "torch", "device": "cpu"}
REFERENCE = {"framework": "reference", "backend": "numpy"}
ENVIRONMENTS = {"keras": KERAS, "lightning": LIGHTNING, "reference": REFERENCE}
UNSET_LOSS = changed(SOFTMAX, {"loss": CategoricalCrossentropy(), "training.epochs": 2})


@pytest.fixture
def differences_of(dataset, tmp_path):
    """A function: the explained differences of a spec by quantity; "lightning" is the reference with these faults."""
    def measure(spec, faults=()):
        pool = WorkerPool({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                           "reference": (reference, "float64"), "reference-float32": (reference, "float32")})
        cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
        scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", spec, "reported"),))
        specs = {name: resolved_spec(spec, environment, "shared") for name, environment in ENVIRONMENTS.items()}
        cache.train([(name, specs[name], ("evaluated",)) for name in specs])
        traces = {name: {("a", 0): cache.trace((name, specs[name], ("evaluated",)), 0)} for name in specs}
        measured = differences.measured(scenario, traces, ENVIRONMENTS, "shared", cache)
        questions = difference_causes.questions(scenario, measured, ENVIRONMENTS, "shared")
        causes = search.confirm(search.find([question for _, question in questions], cache), cache, {})
        explained = {difference.name: difference_causes.explained(difference, spec, [cause], ENVIRONMENTS)
                     for (difference, _), cause in zip(questions, causes)}
        return {difference.quantity.name: explained.get(difference.name, difference) for difference in measured}
    return measure


def test_difference_between_defaults_is_found_and_its_field_is_named(differences_of):
    result = differences_of(UNSET_LOSS)  # Keras applies softmax once, PyTorch twice
    assert set(result) == {quantity.name for quantity in QUANTITIES}
    for name in ("training_loss", "test_loss"):
        difference = result[name]
        numbers = difference.numbers
        assert difference.differs and difference.explained
        assert [suspect.path for suspect in difference.fields] == ["loss.of"]
        assert difference.shown_by == "lightning" and difference.origins == ("PyTorch",)
        assert difference.epoch == 1 and numbers["keras"] == pytest.approx(numbers["reference"], rel=1e-4)


def test_resolved_spec_differs_by_rounding_only(differences_of):
    result = differences_of(SOFTMAX)
    assert [difference.differs for difference in result.values()] == [False] * 3
    assert all(0 < difference.rounding < 1e-3 for difference in result.values())
    assert {difference.epoch for difference in result.values()} == {2}


def test_difference_without_a_responsible_field_is_unexplained(differences_of):
    halved = Fault("gradients", lambda model, gradients: {name: np.float32(0.5) * g for name, g in gradients.items()})
    result = differences_of(SOFTMAX, faults=(halved,))
    assert result["training_loss"].differs and not result["training_loss"].explained


def test_nothing_is_compared_if_a_framework_has_no_number(differences_of):
    from frameworks.runtime.errors import Refused

    def refuse(model, batch):
        raise Refused("it takes no batch")
    result = differences_of(SOFTMAX, faults=(Fault("batch", refuse),))
    assert all(difference.differs is None and difference.reason for difference in result.values())


def test_difference_must_exceed_the_variation_between_seeds():
    left, right = [1.0, 2.0, 3.0], [1.1, 1.8, 3.2]
    assert differences._beyond(left, [value + 0.1 for value in left], 0.01) is True
    assert differences._beyond(left, right, 0.01) is False
    assert differences._beyond([1.0], [1.2], 0.01) is True and differences._beyond([1.0], [1.2], 0.5) is False
