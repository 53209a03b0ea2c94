"""Differences in losses and accuracies, which every run measures, explains by a search and confirms."""

import math
from dataclasses import replace

import numpy as np
import pytest
from faulty import GLOROT, SOFTMAX, ZEROS, Fault, WorkerPool, realization

from compare.analysis import difference_causes, differences
from compare.analysis.behaviours import answer_of
from compare.analysis.causes import questions, search
from compare.analysis.causes.questions import Suspect, resolved_spec
from compare.analysis.close_calls import without_close_calls
from compare.analysis.difference_causes import NEAR
from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.reasons import ReasonKind
from compare.analysis.training_cache import TrainingCache
from compare.reporting.difference_text import because, reason
from frameworks.reference import model as reference
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Adam,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    LayerNormalization,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"]}
LIGHTNING = {"framework": "lightning", "backend": "torch", "device": "cpu"}
REFERENCE = {"framework": "reference", "backend": "numpy"}
ENVIRONMENTS = {"keras": KERAS, "lightning": LIGHTNING, "reference": REFERENCE}
UNSET_LOSS = changed(SOFTMAX, {"loss": CategoricalCrossentropy(), "training.epochs": 2})


@pytest.fixture
def trained(dataset, tmp_path):
    """A function: (the cache, the traces by framework) of a spec; "lightning" is the reference with these faults."""
    def train(spec, faults=()):
        pool = WorkerPool({"keras": (reference, "float32"), "lightning": (realization(*faults), "float32"),
                           "reference": (reference, "float64"), "reference-float32": (reference, "float32")})
        cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
        specs = {name: resolved_spec(spec, environment, "shared") for name, environment in ENVIRONMENTS.items()}
        cache.train([(name, specs[name], ("evaluated",)) for name in specs])
        return cache, {name: {("a", 0): cache.trace((name, specs[name], ("evaluated",)), 0)} for name in specs}
    return train


@pytest.fixture
def differences_of(trained):
    """A function: the explained differences of a spec by quantity; "lightning" is the reference with these faults."""
    def measure(spec, faults=()):
        cache, traces = trained(spec, faults)
        scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", spec, "reported"),))
        measured = differences.measured(scenario, traces, ENVIRONMENTS, "shared", cache)
        raised = difference_causes.questions(scenario, measured, ENVIRONMENTS, "shared")
        causes = search.confirm(search.find([question for _, question in raised], cache), cache, {})
        explained = {difference.name: difference_causes.explained(difference, spec, [cause], ENVIRONMENTS, "shared",
                                                                  cache)
                     for (difference, _), cause in zip(raised, causes)}
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


def test_side_departs_only_in_what_moves_its_number(differences_of):
    """Keras's place of epsilon moves its loss, and softmax in the loss, as another definition of the same, does not."""
    result = differences_of(changed(UNSET_LOSS, {"optimizer": Adam(0.05)}))["training_loss"]
    assert [suspect.path for suspect in result.fields] == ["loss.of"] and result.origins == ("PyTorch",)
    assert abs(result.numbers["keras"] - result.numbers["reference"]) > result.rounding


def test_other_causes_act_against_the_named_one_or_beside_it(differences_of):
    result = differences_of(changed(UNSET_LOSS, {"optimizer": Adam(0.05)}))["training_loss"]
    also = (Suspect("optimizer.epsilon", (1e-7, 1e-8), "update"),)
    shown, hidden = (result.numbers[side] for side in (result.shown_by, "keras"))
    for share, text in ((0.3, ", and in part the "), (-0.3, ", opposed by the ")):
        assert text in because(replace(result, also=also, remaining=hidden + share * (shown - hidden)))
    many = tuple(replace(also[0], path=f"layers.{place}.momentum_{place}") for place in range(9))
    assert because(replace(result, also=many, remaining=hidden - 1e-3 * (shown - hidden))).endswith("9 other settings")


def test_resolved_spec_differs_by_rounding_only(differences_of):
    result = differences_of(SOFTMAX)
    assert [difference.differs for difference in result.values()] == [False] * 3
    assert all(0 < result[name].rounding < 1e-3 for name in ("training_loss", "test_loss"))
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
    assert differences._beyond(left, [value + 0.1 for value in left], 0.01) == (True, "")
    assert differences._beyond([1.0], [1.2], 0.01) == (True, "") and differences._beyond([1.0], [1.2], 0.5)[0] is False
    assert differences._beyond(left, right, 0.5) == (False, "")


@pytest.mark.parametrize("left, right, reason", [
    ([1.0, 2.0, 3.0], [1.1, 1.8, 3.2], "95 % confidence interval, -0.55 to 0.48, has 0 in it"),
    ([1.0, 2.0], [1.0, 2.2], "it differs with 1 of 2 initializations only"),
    ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, math.inf, math.inf], "it differs with 2 of 4 initializations only")])
def test_numbers_beyond_rounding_in_some_seeds_are_neither_different_nor_the_same(left, right, reason):
    differs, why = differences._beyond(left, right, 0.01)
    assert differs is None and reason in why


@pytest.mark.parametrize("right, number, holds", [
    (0.785, 0.776, None), (0.785, 0.7775, None), (0.785, 0.779, True), (0.785, 0.773, False), (0.77, 0.7695, True)])
def test_number_that_rounding_moves_to_the_other_half_is_undecided(right, number, holds):
    """Halfway between two accuracies of 1,000 samples lies the accuracy of a mixture: the frameworks round it apart."""
    difference = Difference("a", QUANTITIES[2], ("keras", "lightning"), 1, {"keras": 0.767, "lightning": right}, 0.002,
                            True)
    behaviour = difference_causes._behaviour(difference, "lightning", "keras")
    trace = Trace({"outcome": {"kind": "finished", "step": 1, "message": ""}, "spec": to_json(SOFTMAX)}, {
        "evaluated/test/accuracy": np.array([number]), "epoch": np.array([1]), "reported/train/loss": np.ones(1)})
    assert answer_of(behaviour, {("a", 0): trace}).holds is holds


def test_two_samples_more_are_no_difference_of_accuracies():
    for quantity in QUANTITIES:
        counted = [differences._counted(quantity, Trace({}, {"correct/test": np.zeros(n)})) for n in (1000, 100)]
        assert counted == ([0.002, 0.0] if quantity.name == "test_accuracy" else [0.0, 0.0])


def last_loss(trace):
    return float(trace["reported/train/loss"][-1])


@pytest.mark.parametrize("spec, reason", [(SOFTMAX, ReasonKind.ROUNDING), (UNSET_LOSS, None)])
def test_bound_between_two_numbers_decides_only_what_rounding_does_not(trained, spec, reason):
    cache, traces = trained(spec)
    sides = ("keras", "reference") if spec is SOFTMAX else ("keras", "lightning")
    low, high = sorted(last_loss(traces[side]["a", 0]) for side in sides)
    assert 0 < high - low < (1e-5 if reason else 10)
    behaviour = Behaviour("high", "the loss is high", ("a",), last_loss, low=(low + high) / 2)
    scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", spec, "reported"),), (behaviour,))
    answers = {"high": {side: answer_of(behaviour, traces[side]) for side in sides}}
    assert {answer.holds for answer in answers["high"].values()} == {True, False}
    raised = questions.questions(scenario, answers, ENVIRONMENTS, "shared", {"high": {"reported/train/loss"}})
    judged = without_close_calls(answers, raised, traces, cache)["high"]
    assert judged == answers["high"] if reason is None else all(
        answer.holds is None and answer.reason.kind is reason and answer.number == answers["high"][side].number
        for side, answer in judged.items())


def test_cause_that_another_field_acts_against_does_not_explain_the_number(differences_of):
    """Of small inputs, PyTorch's epsilon of LayerNormalization lets learn faster, and softmax twice slower."""
    layers = (UNSET_LOSS.layers[0], LayerNormalization(), *UNSET_LOSS.layers[1:])
    result = differences_of(changed(UNSET_LOSS, {"layers": layers, "data.divisor": 25_500.0}))
    opposed = [difference for difference in result.values() if difference.also]
    assert opposed and all(len(difference.fields) == 1 for difference in opposed)
    for difference in opposed:
        assert {difference.fields[0].path, difference.also[0].path} == {"loss.of", "layers.1.epsilon"}
        hidden = next(difference.numbers[side] for side in difference.sides if side != difference.shown_by)
        gap = abs(hidden - difference.numbers[difference.shown_by])
        assert abs(difference.remaining - hidden) > NEAR * gap and ", opposed by the " in because(difference)
        assert "; without this, PyTorch Lightning would have " in reason(difference, UNSET_LOSS)
    single = differences_of(UNSET_LOSS)["training_loss"]
    assert not single.also and "against" not in because(single) and "without this" not in reason(single, UNSET_LOSS)


def test_side_without_the_number_of_the_reference_departs(differences_of):
    """Of logits, Keras counts those above 0.5; torchmetrics takes their sigmoid first, and has the right number."""
    layers = UNSET_LOSS.layers[0], Dense(1, GLOROT, ZEROS)
    spec = Spec(Data((0, 1), divisor=255.0, first=320, labels="index"), layers, BinaryCrossentropy("sigmoid_of_logits"),
                SGD(0.01, 0.0, False), Training(1, 8, True))
    difference = differences_of(spec)["test_accuracy"]
    assert (difference.shown_by, [field.path for field in difference.fields]) == ("keras", ["accuracy.rule"])
    assert [rule.field for rule in difference.departing] == ["Accuracy.threshold"]
    assert because(difference) == "rule of the accuracy (Keras)"
    assert "for which the threshold is 0" in reason(difference, spec)
