"""Numbers that are infinite or nan in float32: nothing is concluded from which of the two they are."""

import math
from dataclasses import replace

import numpy as np
import pytest
from faulty import GLOROT, ZEROS, WorkerPool

from compare.analysis.behaviours import answer_of
from compare.analysis.causes import questions
from compare.analysis.close_calls import without_close_calls
from compare.analysis.noise import noise
from compare.analysis.reasons import ReasonKind
from compare.analysis.reported import reported
from compare.analysis.stage_comparison import _compare_checksums
from compare.analysis.tensor_comparison import compare_tensors
from compare.analysis.training_cache import TrainingCache
from frameworks.reference import model as reference
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Accuracy, Activation, Data, Dense, MeanSquaredError, Spec, Training

LAYERS = *([Dense(8, GLOROT, ZEROS), Activation("relu")] * 2), Dense(2, GLOROT, ZEROS)
EXPLODING = Spec(Data((0, 1), divisor=1.0, first=320, flatten=True), LAYERS, MeanSquaredError(),
                 SGD(0.1, 0.0, False), Training(1, 32, True), Accuracy("argmax_outputs"))
ENVIRONMENTS = {"keras": {"framework": "keras", "backend": "tensorflow", "device": "cpu",
                          "series": ["Keras", "3.15.1"]}, "reference": {"framework": "reference", "backend": "numpy"}}


@pytest.mark.parametrize("left, right, differs, step", [
    ([np.inf, np.inf], [1.7e38, 1.8e38], False, 0), ([np.nan, 1.0], [2.0, 1.0], False, 0),
    ([np.inf, 1.0, 1.0], [1.7e38, 1.0, 2.0], True, 2), ([1.0, 1.5], [1.0, 2.0], True, 1), ([], [], False, 0)])
def test_only_finite_checksums_are_compared(left, right, differs, step):
    stage = _compare_checksums("images", np.array(left), np.array(right))
    assert (stage.differs, stage.step) == (differs, step)


@pytest.mark.parametrize("value, decided", [(1.0, True), (np.nan, False)])
def test_loss_and_accuracy_of_undefined_outputs_are_not_compared(value, decided):
    """Whether the loss is infinite or nan, and which output is the largest, differs from one program to another."""
    x, y = np.random.default_rng(0).random((8, 4)), np.eye(2)[[0, 1] * 4]
    spec = replace(EXPLODING, layers=(Dense(2, GLOROT, ZEROS),))
    weights = {"0.kernel": np.full((4, 2), value), "0.bias": np.zeros(2)}
    noises = noise(spec, weights, {}, x, y, tested=(x, y))
    left, right = ({"evaluated/loss": np.array(loss), "evaluated/accuracy": np.array(accuracy),
                    "evaluated/outputs": np.full((8, 2), value)} for loss, accuracy in ((np.inf, 0.5), (np.nan, 0.25)))
    assert compare_tensors("evaluation", left, right, noises).differs is (True if decided else None)
    names = "loss", "accuracy", "evaluated/accuracy", "loss_after"
    assert all(np.isfinite(noises[name]) == decided for name in names)


def test_float32_that_overflows_is_no_difference_to_the_reference(dataset, tmp_path):
    """"keras" is the reference in float32: its loss is infinite, that of the reference in float64 is not."""
    pool = WorkerPool({"keras": (reference, "float32"), "reference": (reference, "float64"),
                       "reference-float32": (reference, "float32")})
    cache = TrainingCache(pool, dataset, tmp_path, 1, 60)
    cache.train([(name, EXPLODING, ("evaluated",)) for name in ENVIRONMENTS])
    traces = {name: {("a", 0): cache.trace((name, EXPLODING, ("evaluated",)), 0)} for name in ENVIRONMENTS}
    behaviour = Behaviour("explodes", "the loss is infinite", ("a",),
                          lambda trace: float(not math.isfinite(trace["reported/train/loss"][-1])), low=0.5)
    scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", EXPLODING, "reported"),), (behaviour,))
    answers = {"explodes": {side: answer_of(behaviour, traces[side]) for side in ENVIRONMENTS}}
    assert {side: answer.holds for side, answer in answers["explodes"].items()} == {"keras": True, "reference": False}
    raised = questions.questions(scenario, answers, ENVIRONMENTS, "shared", {"explodes": {"reported/train/loss"}})
    judged = without_close_calls(answers, raised, traces, cache)["explodes"]
    assert judged["keras"] == answers["explodes"]["keras"] and judged["reference"].holds
    assert judged["reference"].reason.kind is ReasonKind.IN_FLOAT32


def test_accuracy_of_undefined_outputs_is_not_compared_with_that_of_the_outputs():
    trace = Trace({"batch": 4, "samples": 4, "steps_per_epoch": 1}, {
        "epoch": np.array([1, 2]), "evaluated/test/loss": np.array([0.5, np.nan]), "step/loss": np.zeros(0),
        "evaluated/test/accuracy": np.array([0.5, 0.25]), "correct/test": np.zeros(4),
        "accuracy_by_rule/test/argmax_outputs": np.array([0.5, 1.0])})
    assert not reported(EXPLODING, trace, {})
    trace.arrays["evaluated/test/loss"][1] = 0.4
    assert [stage.name for stage in reported(EXPLODING, trace, {})] == ["evaluation"]
