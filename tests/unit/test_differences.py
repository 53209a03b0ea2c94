"""Every run asks whether losses and accuracies differ, and what makes them: measured, searched and confirmed."""

import numpy as np
import pytest
from faulty import SOFTMAX, Fault, WorkerPool, realization

from compare.analysis import differences
from compare.analysis.causes import search
from compare.analysis.causes.questions import closed
from compare.analysis.differences import QUANTITIES
from compare.analysis.training_cache import TrainingCache
from frameworks.reference import model as reference
from scenarios.scenario import Scenario, Variant
from scenarios.spec import CategoricalCrossentropy
from scenarios.spec.fields import changed

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"]}
LIGHTNING = {"framework": "lightning", "backend": "torch", "device": "cpu"}
REFERENCE = {"framework": "reference", "backend": "numpy"}
ENVIRONMENTS = {"keras": KERAS, "lightning": LIGHTNING, "reference": REFERENCE}
OPEN = changed(SOFTMAX, {"loss": CategoricalCrossentropy(), "training.epochs": 2})


@pytest.fixture
def asked(dataset, tmp_path):
    """A function: the differences of a spec, explained; what is called Lightning has these faults."""
    def found(spec, faults=()):
        pool = WorkerPool({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                     "reference": (reference, "float64"), "reference-float32": (reference, "float32")})
        cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
        scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", spec, "reported"),))
        specs = {name: closed(spec, environment, "shared") for name, environment in ENVIRONMENTS.items()}
        cache.train([(name, specs[name], ("evaluated",)) for name in specs])
        traces = {name: {("a", 0): cache.trace((name, specs[name], ("evaluated",)), 0)} for name in specs}
        measured = differences.measured(scenario, traces, ENVIRONMENTS, "shared", cache)
        raised = differences.questions(scenario, measured, ENVIRONMENTS, "shared")
        known = search.confirm(search.find([question for _, question in raised], cache), cache, {})
        explained = {one.name: differences.explained(one, spec, [cause], ENVIRONMENTS)
                     for (one, _), cause in zip(raised, known)}
        return {one.quantity.name: explained.get(one.name, one) for one in measured}
    return found


def test_a_difference_of_two_defaults_is_found_without_a_behaviour_and_its_field_is_named(asked):
    found = asked(OPEN)  # Keras takes the softmax once, a usual port twice
    assert set(found) == {quantity.name for quantity in QUANTITIES}
    for name in ("training_loss", "test_loss"):
        one = found[name]
        assert one.differs and one.explained and [suspect.path for suspect in one.fields] == ["loss.of"]
        assert one.shown_by == "lightning" and one.origins == ("PyTorch",), "Keras has the number of the reference"
        assert one.epoch == 1 and one.numbers["keras"] == pytest.approx(one.numbers["reference"], rel=1e-4)


def test_the_same_numbers_differ_by_rounding_only(asked):
    found = asked(SOFTMAX)
    assert [one.differs for one in found.values()] == [False] * 3
    assert all(0 < one.rounding < 1e-3 for one in found.values()) and {one.epoch for one in found.values()} == {2}


def test_a_difference_that_no_field_makes_stays_unexplained(asked):
    shrunk = Fault("gradients", lambda model, slopes: {name: np.float32(0.5) * g for name, g in slopes.items()})
    found = asked(SOFTMAX, faults=(shrunk,))
    assert found["training_loss"].differs and not found["training_loss"].explained


def test_where_one_side_has_no_number_nothing_is_compared(asked):
    from frameworks.runtime.errors import Refused

    def refuse(model, batch):
        raise Refused("it takes no batch")
    found = asked(SOFTMAX, faults=(Fault("batch", refuse),))
    assert all(one.differs is None and one.reason for one in found.values())


def test_with_several_initializations_a_difference_has_to_be_larger_than_they_are():
    one, other = [1.0, 2.0, 3.0], [1.1, 1.8, 3.2]
    assert differences._beyond(one, [value + 0.1 for value in one], 0.01) is True
    assert differences._beyond(one, other, 0.01) is False
    assert differences._beyond([1.0], [1.2], 0.01) is True and differences._beyond([1.0], [1.2], 0.5) is False
