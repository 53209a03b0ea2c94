"""Stages with NaN, infinities, no noise or no recorded steps: what can be compared, and what is said of the rest."""

import copy

import numpy as np
import pytest
from stage_traces import SQUARES, WELL_BEHAVED, differing_names, larger, planted

from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR, noise
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import BLIND, DEPENDS_ON, NOT_FINITE, UNDEFINED, differing
from compare.reporting.cells import first_difference
from scenarios.spec.fields import changed


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
    for wrong in (planted(correct, loss=larger), planted(correct, loss=lambda array: array + 1e-30 * (1 + array))):
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
        "compared, since its rounding noise could not be measured."


def first_divergences(stages):
    return FirstDivergence("a", ("keras", "lightning"), stages, 26)


def test_first_difference_and_detection_limits_are_reported(correct, noises):
    sides = "Keras on TensorFlow and PyTorch Lightning"
    text = first_difference(first_divergences(compare_stages(correct, planted(correct, loss=larger), noises)))
    assert text.startswith(f"{sides} first differ in the loss (")
    assert text.endswith("they match in data, initialization, outputs and accuracy.")
    text = first_difference(first_divergences(compare_stages(correct, correct, noises)))
    matching = f"{sides} match in the first step and at 26 recorded states: the same data, initialization, "
    assert text.startswith(matching)
    assert f" {FACTOR * noises['loss']:.2g} in the loss" in text and "in the data" not in text
