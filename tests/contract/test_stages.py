"""Stages match where only rounding differs, and differ where a fault was planted, and nowhere else."""

import copy

import numpy as np
import pytest

from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR, noise
from compare.analysis.reported import last_metrics, reported
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import BLIND, DEPENDS_ON, NOT_FINITE, UNDEFINED, differing
from compare.execution import initialization
from compare.reporting.cells import first_difference
from frameworks.parts.metrics import metric_names
from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from frameworks.runtime.batching import batch_size, rows_of
from frameworks.runtime.probing import evaluated_part
from scenarios import spec as vocabulary
from scenarios.spec import Accuracy, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training, metrics
from scenarios.spec.fields import changed, to_json

WELL_BEHAVED = Spec(
    Data(divisor=255.0), (Flatten(), Dense(10, vocabulary.GlorotUniform(), vocabulary.Zeros()), Activation("softmax")),
    CategoricalCrossentropy("softmax_of_logits", False, 0.0, True), vocabulary.SGD(0.01, 0.0, False),
    Training(2, 32, True), Accuracy("argmax_outputs", 0.5))
RAW = changed(WELL_BEHAVED, {"data.divisor": 1.0})
ADAM = changed(WELL_BEHAVED, {"optimizer": vocabulary.Adam(0.001, 0.9, 0.999, 1e-7, "before_correction")})
RMSPROP = changed(WELL_BEHAVED, {"optimizer": vocabulary.RMSprop(0.001, 0.9, 0.0, 1e-7, "outside_root")})
SQUARES = changed(WELL_BEHAVED, {"loss": vocabulary.MeanSquaredError()})
MEASURED = changed(WELL_BEHAVED, {"metrics": (
    metrics.MeanAbsoluteError(), metrics.MeanSquaredError(), metrics.BinaryAccuracy(0.1, "never"),
    metrics.Precision("largest"), metrics.Recall("largest"), metrics.F1Score("macro", "zero"))})
COUNTED_OTHERWISE = changed(WELL_BEHAVED, {"metrics": (
    metrics.BinaryAccuracy(0.11, "never"), metrics.Precision("above_half"), metrics.Recall("above_half"),
    metrics.F1Score("micro", "zero"))})
LINEAR = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), vocabulary.MeanSquaredError(),
              vocabulary.SGD(0.01), Training(1, 32), Accuracy("threshold", 0.5))
SIDES = ("reference-float32", "reference", "keras", "lightning", "keras-jax")
NULL_LIMIT = FACTOR / 2  # times the noise, which leaves a margin


@pytest.fixture(scope="module")
def noise_of(dataset, folder):
    """A function: the noise of one step of a reference's training, from its recorded state; measured once."""
    known = {}

    def noise_at(trace, spec, step=0, seed=0):
        key = id(trace), spec, step, seed  # `train` keeps every trace
        if key not in known:
            known[key] = measured(trace, spec, step, seed)
        return known[key]

    def measured(trace, spec, step, seed):
        (x, y), test_set = (samples.load(str(dataset.folder), part, to_json(spec)["data"])
                            for part in ("train", "test"))
        path = initialization.order(spec, len(x), seed, folder)
        order = np.load(path) if path else None
        rows = rows_of(step, order, trace.facts["steps_per_epoch"], batch_size(to_json(spec), len(x)), len(x))
        state = trace.below(f"state/{step}/weight")
        return noise(spec, state, trace.below(f"state/{step}/optimizer_state"), x[rows], y[rows],
                     tested=evaluated_part(test_set))
    return noise_at


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


def planted(trace, **faults):
    """A copy of a trace with a function applied to each array of the first step that begins with its keyword."""
    altered = copy.deepcopy(trace)
    for name in altered.arrays:
        for fault, function in faults.items():
            if name.startswith(f"probe/0/{fault}"):
                altered.arrays[name] = function(altered.arrays[name])
    return altered


def differing_names(left, right, noises):
    """The stages that differ, in either order of the two traces."""
    results = [differing(compare_stages(*sides, noises)) for sides in ((left, right), (right, left))]
    assert [stage.name for stage in results[0]] == [stage.name for stage in results[1]]
    return [stage.name for stage in results[0]]


@pytest.fixture
def correct(train):
    return train("reference-float32", WELL_BEHAVED)


@pytest.fixture
def noises(correct, noise_of):
    return noise_of(correct, WELL_BEHAVED)


def weaker(array):
    return array * 1.001


@pytest.mark.parametrize("name", metric_names(to_json(MEASURED)))
def test_change_of_a_thousandth_of_a_metric_is_seen_in_a_step_in_an_evaluation_and_in_reports(
        train, noise_of, dataset, name):
    trace, reference = train("reference-float32", MEASURED), train("reference", MEASURED)
    noises = noise_of(trace, MEASURED)
    y = samples.load(str(dataset.folder), "test", to_json(MEASURED)["data"])[1]
    resolved = resolve(MEASURED, trace.facts["environment"])
    assert reported(resolved, trace, {0: noises}) == [] == last_metrics(MEASURED, trace, y)
    for array, stage in ((name, "metric"), (f"evaluated/{name}", "evaluation")):
        assert differing_names(planted(trace, **{array: weaker}), reference, noises) == [stage]
    for array, compared in (
            (f"reported/test/{name}", lambda altered: reported(resolved, altered, {0: noises})),
            (f"evaluated/test/{name}", lambda altered: last_metrics(MEASURED, altered, y))):
        altered = copy.deepcopy(trace)
        altered.arrays[array] = weaker(altered.arrays[array])
        stage, = compared(altered)
        assert stage.name == "evaluation" and name in stage.tensor


@pytest.mark.parametrize("name", metric_names(to_json(COUNTED_OTHERWISE)))
def test_metric_that_counts_otherwise_is_seen_in_a_step_in_an_evaluation_and_in_reports(
        train, noise_of, dataset, name):
    """Another threshold, prediction or average of a counted metric, as a framework with another default has it."""
    right, wrong = (train("reference-float32", spec) for spec in (MEASURED, COUNTED_OTHERWISE))
    reference, noises = train("reference", MEASURED), noise_of(right, MEASURED)
    resolved = resolve(MEASURED, right.facts["environment"])
    y = samples.load(str(dataset.folder), "test", to_json(MEASURED)["data"])[1]
    for array, stage in ((name, "metric"), (f"evaluated/{name}", "evaluation")):
        counted = planted(right, **{array: lambda correct, array=array: wrong[f"probe/0/{array}"]})
        assert differing_names(counted, reference, noises) == [stage]
    for array, compared in (
            (f"reported/test/{name}", lambda altered: reported(resolved, altered, {0: noises})),
            (f"evaluated/test/{name}", lambda altered: last_metrics(MEASURED, altered, y))):
        altered = copy.deepcopy(right)
        altered.arrays[array] = wrong[array]
        stage, = compared(altered)
        assert stage.name == "evaluation" and name in stage.tensor


@pytest.mark.parametrize("array, stage", [
    ("logits", "forward"), ("outputs", "forward"), ("loss", "loss"), ("gradient", "gradient"), ("weight", "update"),
    ("evaluated/logits", "evaluation"), ("evaluated/outputs", "evaluation"), ("evaluated/loss", "evaluation")])
def test_change_of_a_thousandth_differs_at_the_stage_of_its_array(correct, noises, array, stage):
    wrong = planted(correct, **{array: weaker})
    assert differing_names(correct, wrong, noises) == [stage]
    result, = differing(compare_stages(correct, wrong, noises))
    assert result.size / result.noise > 4 * FACTOR and result.tensor.startswith(array)
    assert result.values[1] == pytest.approx(1.001 * result.values[0])
    assert result.size == pytest.approx(abs(result.values[1] - result.values[0]))


def test_stages_that_depend_on_a_differing_one_are_not_compared(correct, noises):
    wrong = planted(correct, **dict.fromkeys(("logits", "outputs", "loss", "gradient", "weight", "accuracy"), weaker))
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


@pytest.mark.parametrize("left, right, differ", [
    (np.nan, 1.0, True), (np.inf, 1.0, True), (np.inf, -np.inf, True), (np.nan, np.inf, True), (np.nan, np.nan, False),
    (np.inf, np.inf, False)])
def test_nan_or_infinity_on_one_side_differs(correct, noises, left, right, differ):
    sides = [planted(correct, loss=lambda array, value=value: np.full_like(array, value)) for value in (left, right)]
    assert differing_names(*sides, noises) == (["loss"] if differ else [])


def test_single_nan_is_located(correct, noises):
    def spoilt(array):
        return np.where(np.arange(array.size).reshape(array.shape) == 37, np.nan, array)
    result, = differing(compare_stages(correct, planted(correct, **{"gradient/1.kernel": spoilt}), noises))
    assert (result.name, result.tensor, result.index) == ("gradient", "gradient/1.kernel", (3, 7))
    assert np.isnan(result.values[1]) and result.size == np.inf


def test_zero_noise_is_not_a_tolerance_of_zero(correct, noises):
    unmeasured = {name: 0.0 if name == "loss" else value for name, value in noises.items()}
    for wrong in (planted(correct, loss=weaker), planted(correct, loss=lambda array: array + 1e-30 * (1 + array))):
        differs = {stage.name: stage.differs for stage in compare_stages(correct, wrong, unmeasured)}
        assert differs["loss"] is (None if (correct["probe/0/loss"] != wrong["probe/0/loss"]) else False)
        assert differs["gradient"] is differs["loss"] and differs["metric"] is False
    for wrong in (np.nan, np.inf):
        infinite = planted(correct, loss=lambda array, wrong=wrong: array * wrong)
        assert differing_names(correct, infinite, unmeasured) == ["loss"]


def by_name(left, right, noises):
    return {stage.name: stage for stage in compare_stages(left, right, noises)}


def nan(array):
    return np.full_like(array, np.nan)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("array, stage", [("loss", "loss"), ("outputs", "forward")])
def test_non_finite_values_on_both_sides_are_not_compared(correct, noises, array, stage, value):
    sides = [planted(correct, **{array: lambda array: np.full_like(array, value), "gradient": change, "weight": change})
             for change in (np.zeros_like, nan)]
    results = by_name(*sides, noises)
    assert (results[stage].differs, results[stage].reason) == (None, NOT_FINITE)
    assert results["gradient"].differs is results["update"].differs is None and not differing(list(results.values()))


@pytest.mark.parametrize("tensor", ["gradient/1.bias", "weight/1.bias"])
@pytest.mark.parametrize("noise_there, reason", [(np.nan, UNDEFINED), (np.inf, UNDEFINED), (1e9, BLIND)])
def test_nan_on_one_side_is_inconclusive_without_usable_noise(
        correct, noises, tensor, noise_there, reason):
    kind = tensor.partition("/")[0]
    results = by_name(correct, planted(correct, **{tensor: nan}), {
        name: noise_there if name.startswith(kind) else value for name, value in noises.items()})
    stage = results["gradient" if kind == "gradient" else "update"]
    assert (stage.differs, stage.reason) == (None, reason) and not differing(list(results.values()))


@pytest.mark.parametrize("tensor, stage", [("gradient/1.bias", "gradient"), ("weight/1.bias", "update"),
                                           ("loss", "loss"), ("outputs", "forward")])
@pytest.mark.parametrize("nonzero", [True, False])
def test_nan_on_one_side_of_a_finite_state_differs_even_beside_zeros(correct, noises, tensor, stage, nonzero):
    zero = correct if nonzero or stage in ("loss", "forward") else planted(correct, **{tensor: np.zeros_like})
    known = noises if nonzero else {**noises, tensor: 0.0}
    assert differing_names(zero, planted(zero, **{tensor: nan}), known) == [stage]


def test_state_outside_the_range_of_float32_has_no_noise(train):
    trace = train("reference-float32", SQUARES)
    state, x, y = trace.below("state/0/weight"), np.full((8, 28, 28), 1.0), np.eye(10)[:8]
    linear = changed(SQUARES, {"layers": SQUARES.layers[:2]})
    large = {name: np.full_like(value, 1e30) for name, value in state.items()}
    assert noise(linear, large, {}, x, y)["loss"] == np.inf
    lost = {name: np.full_like(value, np.nan) for name, value in state.items()}
    measured = noise(linear, lost, {}, x, y)
    assert all(np.isnan(measured[name]) for name in ("logits", "outputs", "gradient/1.bias", "weight/1.kernel"))


def test_no_step_is_compared_where_the_reference_has_no_value(correct):
    differs = {stage.name: stage.differs for stage in compare_stages(correct, correct, None)}
    assert differs["forward"] is differs["loss"] is differs["metric"] is None
    assert differs["initialization"] is differs["outcome"] is False


def test_trace_without_probes_is_not_compared(correct, noises):
    bare = copy.deepcopy(correct)
    bare.arrays = {name: array for name, array in bare.arrays.items() if not name.startswith("probe/")}
    assert differing_names(correct, bare, noises) == []
    assert {stage.name: stage.differs for stage in compare_stages(bare, correct, noises)}["forward"] is None


def test_noise_is_of_the_order_of_rounding(correct, noises):
    assert set(noises) == {name for name in correct.below("probe/0") if not name.startswith("accuracy_by_rule/")}
    for name, value in correct.below("probe/0").items():
        if name not in ("optimizer_state/step", "accuracy") and name in noises:
            assert 0.9 * UNIT * np.abs(value).max() <= noises[name] < 1e-4 * np.abs(value).max() + 1e-6, name


def test_zero_accuracy_has_noise_and_an_undefined_loss_has_none(train, noise_of):
    trace = train("reference-float32", WELL_BEHAVED)
    assert noise_of(trace, changed(WELL_BEHAVED, {"accuracy.rule": "argmax_outputs"}))["accuracy"] >= UNIT
    outputs = changed(WELL_BEHAVED, {"layers": WELL_BEHAVED.layers[:2], "loss.of": "outputs"})
    assert noise_of(trace, outputs) is None


def test_native_initializations_are_not_compared(correct, noises):
    native = copy.deepcopy(correct)
    native.facts = {**native.facts, "init": "native",
                    "hashes": {**native.facts["hashes"], "initialization": "", "order": ""}}
    for left, right in ((native, native), (native, copy.deepcopy(native))):
        assert {stage.name: stage.differs for stage in compare_stages(left, right, noises)} == \
            {**dict.fromkeys(DEPENDS_ON), "outcome": False}
        assert first_difference(first_divergences(compare_stages(left, right, noises))) == \
            "Keras on TensorFlow and PyTorch Lightning are not compared step by step: each had its own " \
            "initialization and order."
    assert differing_names(correct, native, noises) == ["data", "initialization"], "one is shared and one is native"
    assert first_difference(first_divergences(compare_stages(correct, correct, None))) == \
        "Keras on TensorFlow and PyTorch Lightning have the same data and initialization; their first step is not " \
        "compared, " \
        "since how far rounding moves it could not be measured."


def first_divergences(stages):
    return FirstDivergence("a", ("keras", "lightning"), stages, 26)


def test_first_difference_and_detection_limits_are_reported(correct, noises):
    sides = "Keras on TensorFlow and PyTorch Lightning"
    text = first_difference(first_divergences(compare_stages(correct, planted(correct, loss=weaker), noises)))
    assert text.startswith(f"{sides} first differ in the loss (")
    assert text.endswith("they match in data, initialization, outputs and accuracy.")
    text = first_difference(first_divergences(compare_stages(correct, correct, noises)))
    matching = f"{sides} match in the first step and at 26 recorded states: the same data, initialization, "
    assert text.startswith(matching)
    assert f"loss by more than {FACTOR * noises['loss']:.2g}" in text and "data by more" not in text
