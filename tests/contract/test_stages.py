"""Gates: shut where nobody differs but by rounding, open where a fault was planted, and nowhere else."""

import copy

import numpy as np
import pytest

from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR, UNIT, noise
from compare.analysis.stages import BLIND, DEPENDS_ON, NOT_FINITE, UNDEFINED, compare_stages, differing
from compare.execution import initialization
from compare.reporting.cells import first_difference
from frameworks.runtime import samples
from frameworks.runtime.probing import evaluated_part
from frameworks.runtime.training import batch_size, rows_of
from scenarios import spec as vocabulary
from scenarios.spec import Accuracy, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.fields import changed, to_json

WELL_BEHAVED = Spec(
    Data(divisor=255.0), (Flatten(), Dense(10, vocabulary.GlorotUniform(), vocabulary.Zeros()), Activation("softmax")),
    CategoricalCrossentropy("softmax_of_logits", False, 0.0, True), vocabulary.SGD(0.01, 0.0, False),
    Training(2, 32, True), Accuracy("argmax_outputs", 0.5))
RAW = changed(WELL_BEHAVED, {"data.divisor": 1.0})
ADAM = changed(WELL_BEHAVED, {"optimizer": vocabulary.Adam(0.001, 0.9, 0.999, 1e-7, "before_correction")})
RMSPROP = changed(WELL_BEHAVED, {"optimizer": vocabulary.RMSprop(0.001, 0.9, 0.0, 1e-7, "outside_root")})
SQUARES = changed(WELL_BEHAVED, {"loss": vocabulary.MeanSquaredError()})
LINEAR = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), vocabulary.MeanSquaredError(),
              vocabulary.SGD(0.01), Training(1, 32), Accuracy("threshold", 0.5))
SIDES = ("reference-float32", "reference", "keras", "lightning", "keras-jax")
NULL_CASES = FACTOR / 2  # times the noise, so that there is room to the next rounding


@pytest.fixture
def noise_of(dataset, folder):
    """A function: the noise of one step of a reference's training, from its own recorded state."""
    def measured(trace, spec, step=0, seed=0):
        (x, y), test_set = (samples.load(str(dataset.folder), part, to_json(spec)["data"])
                            for part in ("train", "test"))
        path = initialization.order(spec, len(x), seed, folder)
        order = np.load(path) if path else None
        rows = rows_of(step, order, trace.facts["steps_per_epoch"], batch_size(to_json(spec), len(x)), len(x))
        state = trace.below(f"state/{step}/weight")
        return noise(spec, state, trace.below(f"state/{step}/optimizer_state"), x[rows], y[rows],
                     tested=evaluated_part(test_set))
    return measured


def ratios(found):
    return [stage.size / stage.noise for stage in found if stage.noise]


@pytest.mark.parametrize("spec, seed, every_step", [
    (WELL_BEHAVED, 0, True), (WELL_BEHAVED, 1, True), (WELL_BEHAVED, 2, True), (RAW, 0, False), (RAW, 1, False),
    (ADAM, 0, False), (RMSPROP, 0, False)], ids=["0", "1", "2", "raw 0", "raw 1", "Adam", "RMSprop"])
@pytest.mark.parametrize("side", SIDES[1:])
def test_a_null_case_stays_shut(train, noise_of, side, spec, seed, every_step):
    traces = {name: train(name, spec, seed) for name in SIDES[:SIDES.index(side) + 1]}
    steps = traces[side].probed_steps() if every_step else [0]
    assert len(steps) > 10 or not every_step
    for step in steps:
        noises = noise_of(traces["reference-float32"], spec, step, seed)
        for other in SIDES[:SIDES.index(side)]:
            found = compare_stages(traces[side], traces[other], noises, step)
            assert [stage.differs for stage in found] == [False] * len(DEPENDS_ON), (step, other, differing(found))
            assert max(ratios(found)) < NULL_CASES, (step, other)


def planted(trace, **faults):
    """A copy of a trace in which a function was applied to each array of the first step whose name begins so."""
    other = copy.deepcopy(trace)
    for name in other.arrays:
        for fault, function in faults.items():
            if name.startswith(f"probe/0/{fault}"):
                other.arrays[name] = function(other.arrays[name])
    return other


def opens(one, other, noises):
    """The open gates, whichever side stands first."""
    found = [differing(compare_stages(*sides, noises)) for sides in ((one, other), (other, one))]
    assert [stage.name for stage in found[0]] == [stage.name for stage in found[1]]
    return [stage.name for stage in found[0]]


@pytest.fixture
def right(train):
    return train("reference-float32", WELL_BEHAVED)


@pytest.fixture
def noises(right, noise_of):
    return noise_of(right, WELL_BEHAVED)


def weaker(array):
    return array * 1.001


@pytest.mark.parametrize("array, stage", [
    ("logits", "forward"), ("outputs", "forward"), ("loss", "loss"), ("gradient", "gradient"), ("weight", "update"),
    ("evaluated/logits", "evaluation"), ("evaluated/outputs", "evaluation"), ("evaluated/loss", "evaluation")])
def test_a_thousandth_more_opens_the_gate_of_its_own_array(right, noises, array, stage):
    wrong = planted(right, **{array: weaker})
    assert opens(right, wrong, noises) == [stage]
    found, = differing(compare_stages(right, wrong, noises))
    assert found.size / found.noise > 4 * FACTOR and found.tensor.startswith(array)
    assert found.values[1] == pytest.approx(1.001 * found.values[0])
    assert found.size == pytest.approx(abs(found.values[1] - found.values[0]))


def test_what_stands_on_an_open_gate_is_not_asked(right, noises):
    wrong = planted(right, logits=weaker, outputs=weaker, loss=weaker, gradient=weaker, weight=weaker, accuracy=weaker)
    found = {stage.name: stage.differs for stage in compare_stages(right, wrong, noises)}
    assert found == {"data": False, "initialization": False, "forward": True, "loss": None, "gradient": None,
                     "update": None,
                     "metric": None, "evaluation": None, "outcome": False}


def test_a_loss_with_another_divisor_opens_the_loss_alone(train, noise_of):
    mean, half = (train("reference", changed(SQUARES, {"loss": loss})) for loss in
                  (vocabulary.MeanSquaredError(), vocabulary.QuadraticCost()))
    noises = noise_of(train("reference-float32", SQUARES), SQUARES)
    assert opens(mean, half, noises) == ["loss"]


def test_epsilon_opens_the_update_alone_and_is_small(train, noise_of):
    one, other = (train("reference", changed(ADAM, {"optimizer.epsilon": epsilon})) for epsilon in (1e-7, 1e-8))
    noises = noise_of(train("reference-float32", ADAM), ADAM)
    assert opens(one, other, noises) == ["update"]
    assert np.abs(one["probe/0/weight/1.kernel"] - other["probe/0/weight/1.kernel"]).max() <= 0.001


def test_a_rule_of_accuracy_opens_the_metric_alone(train, noise_of):
    one, other = (train("reference", changed(LINEAR, {"accuracy": accuracy})) for accuracy in
                  (Accuracy("threshold", 0.5), Accuracy("threshold", 0.0)))
    noises = noise_of(train("reference-float32", LINEAR), LINEAR)
    assert one["probe/0/accuracy"] != other["probe/0/accuracy"]
    assert opens(one, other, noises) == ["metric"]


@pytest.mark.parametrize("path, value, stage", [
    ("layers.1.bias", vocabulary.Normal(0.0, 0.1), "initialization"), ("training.shuffle", False, "data"),
    ("training.batch_size", 31, "data")])
def test_another_start_and_other_batches_open_their_gates_alone(train, right, noises, path, value, stage):
    wrong = train("reference-float32", changed(WELL_BEHAVED, {path: value}))
    assert opens(right, wrong, noises) == [stage]


def test_another_data_set_opens_the_data(right, noises):
    wrong = copy.deepcopy(right)
    wrong.facts["hashes"]["data"] = "another"
    assert opens(right, wrong, noises) == ["data"]


@pytest.mark.parametrize("kind, differing_stages", [("finished", []), ("stopped", []), ("refused", ["outcome"]),
                                             ("nan", ["outcome"]), ("undefined", ["outcome"]),
                                             ("unsupported", []), ("died", [])])
def test_another_outcome_opens_the_outcome_alone_and_to_stop_is_to_finish(right, noises, kind, differing_stages):
    wrong = copy.deepcopy(right)
    wrong.facts["outcome"]["kind"] = kind
    last = float(wrong["reported/train/loss"][-1])
    wrong.facts["spec"]["training"]["stop_below"] = last * 1.01
    assert opens(right, wrong, noises) == differing_stages
    if kind == "stopped":
        for below in ("-inf", last * 0.99):
            wrong.facts["spec"]["training"]["stop_below"] = below
            assert opens(right, wrong, noises) == ["outcome"], "nobody told it to"
    if kind == "finished":
        wrong.arrays["reported/train/loss"] = np.array([last, last])
        assert opens(right, wrong, noises) == ["outcome"], "it was told to stop"


def test_a_transposed_tensor_opens_its_gate_whether_its_shape_tells_it_or_not(right, noises):
    for array, stage in (("weight/1.kernel", "update"), ("gradient/1.kernel", "gradient")):
        wrong = planted(right, **{array: np.transpose})
        assert opens(right, wrong, noises) == [stage]
        found, = differing(compare_stages(right, wrong, noises))
        assert found.values == ((784, 10), (10, 784))
    square = planted(right, **{"gradient/1.kernel": lambda array: array[350:360]})
    assert opens(square, planted(square, **{"gradient/1.kernel": np.transpose}), noises) == ["gradient"]


@pytest.mark.parametrize("one, other, differ", [
    (np.nan, 1.0, True), (np.inf, 1.0, True), (np.inf, -np.inf, True), (np.nan, np.inf, True), (np.nan, np.nan, False),
    (np.inf, np.inf, False)])
def test_no_nan_and_no_infinity_passes_on_one_side(right, noises, one, other, differ):
    sides = [planted(right, loss=lambda array, value=value: np.full_like(array, value)) for value in (one, other)]
    assert opens(*sides, noises) == (["loss"] if differ else [])


def test_a_single_nan_among_many_is_found(right, noises):
    def spoilt(array):
        return np.where(np.arange(array.size).reshape(array.shape) == 37, np.nan, array)
    found, = differing(compare_stages(right, planted(right, **{"gradient/1.kernel": spoilt}), noises))
    assert (found.name, found.tensor, found.index) == ("gradient", "gradient/1.kernel", (3, 7))
    assert np.isnan(found.values[1]) and found.size == np.inf


def test_no_noise_is_no_bound_of_zero(right, noises):
    unmeasured = {name: 0.0 if name == "loss" else value for name, value in noises.items()}
    for wrong in (planted(right, loss=weaker), planted(right, loss=lambda array: array + 1e-30 * (1 + array))):
        asked = {stage.name: stage.differs for stage in compare_stages(right, wrong, unmeasured)}
        assert asked["loss"] is (None if (right["probe/0/loss"] != wrong["probe/0/loss"]) else False)
        assert asked["gradient"] is asked["loss"] and asked["metric"] is False
    for wrong in (np.nan, np.inf):
        assert opens(right, planted(right, loss=lambda array, wrong=wrong: array * wrong), unmeasured) == ["loss"]


def by_name(one, other, noises):
    return {stage.name: stage for stage in compare_stages(one, other, noises)}


def nan(array):
    return np.full_like(array, np.nan)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("array, stage", [("loss", "loss"), ("outputs", "forward")])
def test_what_is_no_number_on_both_sides_is_neither_the_same_nor_different(right, noises, array, stage, value):
    sides = [planted(right, **{array: lambda array: np.full_like(array, value), "gradient": change, "weight": change})
             for change in (np.zeros_like, nan)]
    found = by_name(*sides, noises)
    assert (found[stage].differs, found[stage].reason) == (None, NOT_FINITE)
    assert found["gradient"].differs is found["update"].differs is None and not differing(list(found.values()))


@pytest.mark.parametrize("tensor", ["gradient/1.bias", "weight/1.bias"])
@pytest.mark.parametrize("noise_there, reason", [(np.nan, UNDEFINED), (np.inf, UNDEFINED), (1e9, BLIND)])
def test_a_nan_on_one_side_is_no_difference_where_there_is_no_noise_or_it_is_as_large_as_the_numbers(
        right, noises, tensor, noise_there, reason):
    kind = tensor.partition("/")[0]
    found = by_name(right, planted(right, **{tensor: nan}), {
        name: noise_there if name.startswith(kind) else value for name, value in noises.items()})
    stage = found["gradient" if kind == "gradient" else "update"]
    assert (stage.differs, stage.reason) == (None, reason) and not differing(list(found.values()))


@pytest.mark.parametrize("tensor, stage", [("gradient/1.bias", "gradient"), ("weight/1.bias", "update"),
                                          ("loss", "loss"), ("outputs", "forward")])
@pytest.mark.parametrize("there", [True, False])
def test_a_nan_on_one_side_of_a_sound_state_is_a_difference_also_beside_zeros(right, noises, tensor, stage, there):
    zero = right if there or stage in ("loss", "forward") else planted(right, **{tensor: np.zeros_like})
    known = noises if there else {**noises, tensor: 0.0}
    assert opens(zero, planted(zero, **{tensor: nan}), known) == [stage]


def test_a_state_whose_numbers_float32_cannot_hold_has_no_noise(train):
    trace = train("reference-float32", SQUARES)
    state, x, y = trace.below("state/0/weight"), np.full((8, 28, 28), 1.0), np.eye(10)[:8]
    linear = changed(SQUARES, {"layers": SQUARES.layers[:2]})
    large = {name: np.full_like(value, 1e30) for name, value in state.items()}
    assert noise(linear, large, {}, x, y)["loss"] == np.inf
    lost = {name: np.full_like(value, np.nan) for name, value in state.items()}
    found = noise(linear, lost, {}, x, y)
    assert all(np.isnan(found[name]) for name in ("logits", "outputs", "gradient/1.bias", "weight/1.kernel"))


def test_where_the_reference_has_no_value_nothing_is_compared(right):
    found = {stage.name: stage.differs for stage in compare_stages(right, right, None)}
    assert found["forward"] is found["loss"] is found["metric"] is None
    assert found["initialization"] is found["outcome"] is False


def test_a_side_without_probes_is_not_compared(right, noises):
    bare = copy.deepcopy(right)
    bare.arrays = {name: array for name, array in bare.arrays.items() if not name.startswith("probe/")}
    assert opens(right, bare, noises) == []
    assert {stage.name: stage.differs for stage in compare_stages(bare, right, noises)}["forward"] is None


def test_noise_is_at_least_a_unit_of_what_was_added_up_and_no_more_than_rounding(right, noises):
    assert set(noises) == {name for name in right.below("probe/0") if not name.startswith("accuracy_by_rule/")}
    for name, value in right.below("probe/0").items():
        if name not in ("optimizer_state/step", "accuracy") and name in noises:
            assert 0.9 * UNIT * np.abs(value).max() <= noises[name] < 1e-4 * np.abs(value).max() + 1e-6, name


def test_an_accuracy_of_zero_has_noise_and_an_undefined_loss_has_none(train, noise_of):
    trace = train("reference-float32", WELL_BEHAVED)
    assert noise_of(trace, changed(WELL_BEHAVED, {"accuracy.rule": "argmax_outputs"}))["accuracy"] >= UNIT
    outputs = changed(WELL_BEHAVED, {"layers": WELL_BEHAVED.layers[:2], "loss.of": "outputs"})
    assert noise_of(trace, outputs) is None


def test_starts_of_their_own_are_not_called_the_same(right, noises):
    own = copy.deepcopy(right)
    own.facts = {**own.facts, "init": "native", "hashes": {**own.facts["hashes"], "initialization": "", "order": ""}}
    for one, other in ((own, own), (own, copy.deepcopy(own))):
        assert {stage.name: stage.differs for stage in compare_stages(one, other, noises)} == \
            {**dict.fromkeys(DEPENDS_ON), "outcome": False}
        assert first_difference(first_divergences(compare_stages(one, other, noises))) == \
            "Keras on TensorFlow and PyTorch Lightning are not compared step by step: each had its own " \
            "initialization and order."
    assert opens(right, own, noises) == ["data",
                                         "initialization"], "a shared start beside one of its own is another one"
    assert first_difference(first_divergences(compare_stages(right, right, None))) == \
        "Keras on TensorFlow and PyTorch Lightning have the same data and initialization; their first step is not " \
        "compared, " \
        "since how far rounding moves it could not be measured."


def first_divergences(found):
    return FirstDivergence("a", ("keras", "lightning"), found, 26)


def test_the_first_difference_and_the_smallest_that_would_have_been_seen_are_told(right, noises):
    sides = "Keras on TensorFlow and PyTorch Lightning"
    told = first_difference(first_divergences(compare_stages(right, planted(right, loss=weaker), noises)))
    assert told.startswith(f"{sides} have the same data, initialization, outputs and accuracy; "
                           "first they differ in the loss: ")
    told = first_difference(first_divergences(compare_stages(right, right, noises)))
    assert told.startswith(f"{sides} match in the first step and at 26 recorded states: the same data, start, ")
    assert f"loss by more than {FACTOR * noises['loss']:.2g}" in told and "data by more" not in told
