"""Stages match where only rounding differs, and differ where a fault was planted, and nowhere else."""

import copy

import numpy as np
import pytest
from stage_traces import MEASURED, SQUARES, WELL_BEHAVED, differing_names, larger, planted

from compare.analysis.noise import FACTOR
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON, differing
from scenarios import spec as vocabulary
from scenarios.spec import Accuracy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed

RAW = changed(WELL_BEHAVED, {"data.divisor": 1.0})
ADAM = changed(WELL_BEHAVED, {"optimizer": vocabulary.Adam(0.001, 0.9, 0.999, 1e-7, "before_correction")})
RMSPROP = changed(WELL_BEHAVED, {"optimizer": vocabulary.RMSprop(0.001, 0.9, 0.0, 1e-7, "outside_root")})
LINEAR = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), vocabulary.MeanSquaredError(),
              vocabulary.SGD(0.01), Training(1, 32), Accuracy("threshold", 0.5))
SIDES = ("reference-float32", "reference", "keras", "lightning", "keras-jax")
NULL_LIMIT = FACTOR / 2  # times the noise, which leaves a margin


def ratios(stages):
    return [stage.size / stage.noise for stage in stages if stage.noise]


NULL_CASES = {"0": (WELL_BEHAVED, 0, True), "1": (WELL_BEHAVED, 1, True), "2": (WELL_BEHAVED, 2, True),
              "raw 0": (RAW, 0, False), "raw 1": (RAW, 1, False), "Adam": (ADAM, 0, False),
              "RMSprop": (RMSPROP, 0, False), "metrics": (MEASURED, 0, True)}
"""(spec, seed, whether every step is compared); of them, Keras on jax, which is slow, has one of each kind in CI."""
ON_JAX = ("0", "raw 0", "Adam")


@pytest.mark.parametrize("side, case", [
    pytest.param(side, case, marks=[pytest.mark.nightly] if side == "keras-jax" and case not in ON_JAX else [])
    for side in SIDES[1:] for case in NULL_CASES])
def test_null_case_matches_at_every_stage(train, noise_of, side, case):
    spec, seed, every_step = NULL_CASES[case]
    traces = {name: train(name, spec, seed) for name in SIDES[:SIDES.index(side) + 1]}
    steps = traces[side].probed_steps() if every_step else [0]
    assert len(steps) > 10 or not every_step
    for step in steps:
        noises = noise_of(traces["reference-float32"], spec, step, seed)
        for other_side in SIDES[:SIDES.index(side)]:
            stages = compare_stages(traces[side], traces[other_side], noises, step)
            assert [stage.differs for stage in stages] == [False] * len(DEPENDS_ON), (step, differing(stages))
            assert max(ratios(stages)) < NULL_LIMIT, (step, other_side)


@pytest.mark.parametrize("array, stage", [
    ("logits", "forward"), ("outputs", "forward"), ("loss", "loss"), ("gradient", "gradient"), ("weight", "update"),
    ("evaluated/logits", "evaluation"), ("evaluated/outputs", "evaluation"), ("evaluated/loss", "evaluation")])
def test_change_of_a_thousandth_differs_at_the_stage_of_its_array(correct, noises, array, stage):
    wrong = planted(correct, **{array: larger})
    assert differing_names(correct, wrong, noises) == [stage]
    result, = differing(compare_stages(correct, wrong, noises))
    assert result.size / result.noise > 4 * FACTOR and result.tensor.startswith(array)
    assert result.values[1] == pytest.approx(1.001 * result.values[0])
    assert result.size == pytest.approx(abs(result.values[1] - result.values[0]))


def test_stages_that_depend_on_a_differing_one_are_not_compared(correct, noises):
    wrong = planted(correct, **dict.fromkeys(("logits", "outputs", "loss", "gradient", "weight", "accuracy"), larger))
    differs = {stage.name: stage.differs for stage in compare_stages(correct, wrong, noises)}
    assert differs == {"data": False, "initialization": False, "forward": True, "loss": None, "gradient": None,
                       "update": None,
                       "metric": None, "evaluation": None, "outcome": False}


def test_another_divisor_differs_at_the_loss_only(train, noise_of):
    mean, half = (train("reference", changed(SQUARES, {"loss": loss})) for loss in
                  (vocabulary.MeanSquaredError(), vocabulary.QuadraticCost()))
    noises = noise_of(train("reference-float32", SQUARES), SQUARES)
    assert differing_names(mean, half, noises) == ["loss"]


def test_another_epsilon_differs_at_the_update_only(train, noise_of):
    left, right = (train("reference", changed(ADAM, {"optimizer.epsilon": epsilon})) for epsilon in (1e-7, 1e-8))
    noises = noise_of(train("reference-float32", ADAM), ADAM)
    assert differing_names(left, right, noises) == ["update"]
    assert np.abs(left["probe/0/weight/1.kernel"] - right["probe/0/weight/1.kernel"]).max() <= 0.001


def test_another_accuracy_rule_differs_at_the_metric_only(train, noise_of):
    left, right = (train("reference", changed(LINEAR, {"accuracy": accuracy})) for accuracy in
                   (Accuracy("threshold", 0.5), Accuracy("threshold", 0.0)))
    noises = noise_of(train("reference-float32", LINEAR), LINEAR)
    assert left["probe/0/accuracy"] != right["probe/0/accuracy"]
    assert differing_names(left, right, noises) == ["metric"]


@pytest.mark.parametrize("path, value, stage", [
    ("layers.1.bias", vocabulary.Normal(0.0, 0.1), "initialization"), ("training.shuffle", False, "data"),
    ("training.batch_size", 31, "data")])
def test_another_initialization_or_batch_differs_at_its_stage_only(train, correct, noises, path, value, stage):
    wrong = train("reference-float32", changed(WELL_BEHAVED, {path: value}))
    assert differing_names(correct, wrong, noises) == [stage]


def test_another_dataset_differs_at_the_data(correct, noises):
    wrong = copy.deepcopy(correct)
    wrong.facts["hashes"]["data"] = "another"
    assert differing_names(correct, wrong, noises) == ["data"]


@pytest.mark.parametrize("kind, differing_stages", [("finished", []), ("stopped", []), ("refused", ["outcome"]),
                                                    ("nan", ["outcome"]), ("undefined", ["outcome"]),
                                                    ("unsupported", []), ("died", [])])
def test_another_outcome_differs_at_the_outcome_only(correct, noises, kind, differing_stages):
    wrong = copy.deepcopy(correct)
    wrong.facts["outcome"]["kind"] = kind
    last = float(wrong["reported/train/loss"][-1])
    wrong.facts["spec"]["training"]["stop_below"] = last * 1.01
    assert differing_names(correct, wrong, noises) == differing_stages
    if kind == "stopped":
        for below in ("-inf", last * 0.99):
            wrong.facts["spec"]["training"]["stop_below"] = below
            assert differing_names(correct, wrong, noises) == ["outcome"], "it was not configured to stop there"
    if kind == "finished":
        wrong.arrays["reported/train/loss"] = np.array([last, last])
        assert differing_names(correct, wrong, noises) == ["outcome"], "it was configured to stop"


def test_transposed_tensor_differs_at_its_stage_even_if_square(correct, noises):
    for array, stage in (("weight/1.kernel", "update"), ("gradient/1.kernel", "gradient")):
        wrong = planted(correct, **{array: np.transpose})
        assert differing_names(correct, wrong, noises) == [stage]
        result, = differing(compare_stages(correct, wrong, noises))
        assert result.values == ((784, 10), (10, 784))
    square = planted(correct, **{"gradient/1.kernel": lambda array: array[350:360]})
    assert differing_names(square, planted(square, **{"gradient/1.kernel": np.transpose}), noises) == ["gradient"]
