"""Differences between seeds and between trained models: against hand calculations, and their texts."""

import math
import re
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from compare.analysis.attribution import Attribution, Verdict
from compare.analysis.behaviours import Answer, cannot
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.result import Result
from compare.analysis.statistics import Discordant, mcnemar, paired, prediction_interval, unpaired
from compare.execution.data import Dataset
from compare.reporting.console import console, print_result
from compare.reporting.record import record
from compare.reporting.statistics_text import mcnemar_text, paired_text
from compare.reporting.tensorboard.text import markdown
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, MeanSquaredError, Spec, Training

NAN, INF = math.nan, math.inf
NO_WARNINGS = pytest.mark.filterwarnings("error")


@NO_WARNINGS
def test_a_paired_comparison_matches_a_hand_calculation():
    # Differences 1, 2, 3: deviation 1, and t of two degrees of freedom at .975 is 4.302653; 4.302653 / sqrt(3).
    result = paired([11.0, 22.0, 33.0], [10.0, 20.0, 30.0], margin=4.0)
    assert (result.n, result.left_out, result.difference, result.margin, result.differ) == (3, 0, 2.0, 4.0, False)
    assert (result.low, result.high, result.smallest) == pytest.approx((-0.484138, 4.484138, 2.484138), abs=1e-6)


@NO_WARNINGS
def test_an_unpaired_comparison_matches_a_hand_calculation():
    # Means 2 and 20, standard errors sqrt(1/3) and sqrt(100/3) = 5.8023 together; 4.302653 with two degrees of freedom.
    result = unpaired([1.0, 2.0, 3.0], [10.0, 20.0, 30.0], margin=4.0)
    assert (result.n, result.left_out, result.difference, result.differ) == (3, 0, -18.0, False)
    assert (result.low, result.high) == pytest.approx((-18 - 24.965279, -18 + 24.965279), abs=1e-5)
    # t = (4 - 18) / 5.8023 = -2.412836; P(T > t) = 1/2 - t / (2 * sqrt(2 + t * t))
    assert result.p == pytest.approx(0.931361, abs=1e-5) and result.equivalent is False
    moved = unpaired([1.0, 2.0, 3.0], [30.0, 20.0, 10.0], margin=4.0)
    assert astuple(moved) == pytest.approx(astuple(result)), "there are no pairs"
    assert unpaired([1.0, 2.0], [1.0, 2.0, 3.0], 1.0) is None and unpaired([1.0, 2.0, NAN], [1.0] * 3, 1.0) is None
    assert unpaired([1.0, 2.0, 3.0, NAN], [10.0, 20.0, INF, 30.0], 4.0).left_out == 1


def test_three_native_initializations_that_welch_cannot_separate_do_not_differ():
    result = unpaired([.8623, .8106, .8665], [.8683, .8704, .8713], 0.0)
    assert not result.differ and result.low < -0.1 and result.high > 0.05


@NO_WARNINGS
def test_unpaired_constant_numbers_differ_by_their_difference():
    result = unpaired([2.0] * 3, [0.5] * 4, 1.0)
    assert (result.low, result.high, result.p, result.differ) == (1.5, 1.5, 1.0, True)
    assert unpaired([0.1 + 0.2] * 3, [0.3] * 3, 0.0).difference == pytest.approx(0, abs=1e-15)


@NO_WARNINGS
@pytest.mark.parametrize("margin, equivalent", [(5.0, True), (4.0, True), (3.0, False), (1.5, False)])
def test_equivalence_is_the_larger_p_of_two_one_sided_t_tests(margin, equivalent):
    # Mean 2, standard error 1/sqrt(3); with two degrees of freedom P(T > t) = 1/2 - t / (2 * sqrt(2 + t * t)).
    t = (margin - 2) * math.sqrt(3)
    for left, right in (([1, 2, 3], [0, 0, 0]), ([0, 0, 0], [1, 2, 3])):
        result = paired(left, right, margin)
        assert result.p == pytest.approx(0.5 - t / (2 * math.sqrt(2 + t * t)))
        assert result.equivalent is equivalent


def test_small_noise_is_equivalent_within_a_wide_margin_only():
    left = np.random.default_rng(0).normal(3, 1, 5)
    right = left + np.random.default_rng(1).normal(0, 1e-3, 5)
    wide, narrow = paired(left, right, 0.02), paired(left, right, 1e-4)
    assert wide.equivalent is True and wide.p < 1e-4
    assert narrow.equivalent is False and narrow.p > 0.05
    assert (wide.low, wide.high) == (narrow.low, narrow.high), "the interval does not depend on the margin"


@pytest.mark.parametrize("numbers, beyond", [([1.02, 1.03, 1.04], True), ([0.99, 1.02, 1.03], False)])
def test_an_interval_that_overlaps_the_margin_is_not_beyond_it(numbers, beyond):
    zeros = [0.0] * 3
    assert paired(numbers, zeros, 1.0).beyond is beyond and paired(zeros, numbers, 1.0).beyond is beyond


def test_without_a_margin_equivalence_is_not_tested():
    result = paired([1.9, 2.0, 2.1], [0.0, 0.0, 0.0], 0.0)
    assert result.equivalent is None and result.p is None and result.differ


@NO_WARNINGS
@pytest.mark.parametrize("left, right", [
    ([], []), ([1.0], [0.0]), ([1.0, 2.0], [0.0, 0.0]), ([1.0, 2.0, NAN], [0.0, 0.0, 0.0]),
    ([1.0, 2.0, 3.0, INF], [0.0, 0.0, NAN, INF])])
def test_fewer_than_three_pairs_give_no_comparison(left, right):
    assert paired(left, right, 1.0) is None


@NO_WARNINGS
def test_pairs_without_a_finite_number_are_counted_and_left_out():
    clean = paired([1.0, 2.0, 3.0], [0.0, 0.5, 0.0], 1.0)
    for undefined in (NAN, INF, -INF):
        for left, right in (([1.0, undefined, 2.0, 3.0], [0.0, 7.0, 0.5, 0.0]),
                            ([1.0, 2.0, 3.0, undefined], [0.0, 0.5, 0.0, undefined])):
            result = paired(np.array(left), np.array(right), 1.0)
            assert result.left_out == 1 and astuple(result)[2:] == astuple(clean)[2:] and result.n == 3


def test_sides_of_different_length_are_an_error():
    with pytest.raises(ValueError):
        paired([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0], 1.0)
    with pytest.raises(ValueError):
        mcnemar([True, False], [True])


@NO_WARNINGS
@pytest.mark.parametrize("left, right, difference, equivalent", [
    ([0.0] * 3, [0.0] * 3, 0.0, True), ([7.0, 8.0, 9.0], [7.0, 8.0, 9.0], 0.0, True),
    ([2.0] * 3, [1.5] * 3, 0.5, True), ([2.0] * 3, [1.0] * 3, 1.0, False), ([0.0] * 3, [3.0] * 3, -3.0, False),
    ([1.1, 8.1, 64.1], [1.0, 8.0, 64.0], 0.1, True)])
def test_constant_differences_give_an_interval_of_width_zero(left, right, difference, equivalent):
    result = paired(left, right, 1.0)
    assert result.low == result.high == result.difference == pytest.approx(difference)
    assert (result.equivalent, result.p, result.smallest) == (equivalent, 0.0 if equivalent else 1.0, 0.0)
    assert result.differ is (difference != 0)


@NO_WARNINGS
@pytest.mark.parametrize("size", [1e-300, 1e-120, 1e-12, 1e30])
def test_differences_of_any_magnitude_have_an_interval(size):
    result = paired([size, 2 * size, 4 * size], [0.0, 0.0, 0.0], 1.0)
    half = 4.302653 * math.sqrt(7 / 9)  # mean 7/3, deviation sqrt(7/3)
    assert (result.low / size, result.high / size) == pytest.approx((7 / 3 - half, 7 / 3 + half), rel=1e-5)
    assert result.equivalent is (size < 1) and not math.isnan(result.p)


def test_intervals_are_reproducible_and_mirrored_for_swapped_sides():
    left, right = np.random.default_rng(2).normal(0, 1, (2, 8))
    first = paired(left, right, 0.5)
    np.random.seed(3)
    assert paired(list(left), list(right), 0.5) == first
    swapped = paired(right, left, 0.5)
    assert (swapped.difference, swapped.low, swapped.high, swapped.p) == \
        pytest.approx((-first.difference, -first.high, -first.low, first.p))


TIMES = 3000
SPREADS = (0.2, 0.5, 1.0, 5.0)


def at_most(errors, nominal=0.05, times=TIMES):
    """Whether the number of errors exceeds the nominal rate by less than 3.5 standard deviations."""
    return errors <= times * nominal + 3.5 * math.sqrt(times * nominal * (1 - nominal))


@pytest.mark.parametrize("n", range(3, 11))
def test_the_paired_test_keeps_its_false_positive_rate(n):
    """Also for differences with heavy tails, for which the interval is wide."""
    rng = np.random.default_rng(n)
    for draw in (lambda: rng.normal(0, 1, n), lambda: rng.standard_t(3, n)):
        base = 5 * rng.normal(0, 1, n)
        wrong = sum(paired(base + draw(), base, 0.0).differ for _ in range(TIMES))
        assert at_most(wrong), wrong / TIMES


@pytest.mark.parametrize("n, m", [*((n, n) for n in range(3, 11)), (3, 4), (3, 10), (10, 3), (5, 8)])
def test_the_unpaired_test_keeps_its_false_positive_rate_for_all_spreads(n, m):
    rng = np.random.default_rng([n, m])
    for spread in SPREADS:
        wrong = sum(unpaired(rng.normal(0, 1, n), rng.normal(0, spread, m), 0.0).differ for _ in range(TIMES))
        assert at_most(wrong), (spread, wrong / TIMES)


@pytest.mark.parametrize("n", range(3, 11))
def test_sides_that_differ_by_the_margin_are_rarely_called_equivalent(n):
    rng = np.random.default_rng(n)
    for spread in (0.2, 1.0):
        paired_errors = sum(bool(paired(rng.normal(1, spread, n), np.zeros(n), 1.0).equivalent) for _ in range(1000))
        unpaired_errors = sum(bool(unpaired(rng.normal(1, spread, n), rng.normal(0, spread / 5, n), 1.0).equivalent)
                              for _ in range(1000))
        assert at_most(paired_errors, times=1000), (spread, paired_errors / 1000)
        assert at_most(unpaired_errors, times=1000), (spread, unpaired_errors / 1000)


@pytest.mark.parametrize("n", range(3, 11))
def test_one_more_seed_rarely_falls_outside_the_prediction_interval(n):
    rng = np.random.default_rng(n)
    outside = sum(not low <= more <= high for *numbers, more in rng.normal(0, 1, (1000, n + 1))
                  for low, high in [prediction_interval(numbers)])
    assert at_most(outside, times=1000), outside / 1000


@pytest.mark.parametrize("n", [10, 40, 200])
def test_models_of_equal_accuracy_rarely_differ_significantly(n):
    """McNemar's exact p is below 5 % in at most 5 % of cases, for any share of samples on which they disagree."""
    rng = np.random.default_rng(n)
    for right in (0.5, 0.9):
        small = sum(mcnemar(*(rng.random((2, n)) < right)).p < 0.05 for _ in range(500))
        assert small <= 25 + 3.5 * math.sqrt(500 * 0.05 * 0.95), (right, small / 500)


def test_a_difference_of_four_deviations_is_detected_with_five_pairs():
    rng = np.random.default_rng(0)
    assert sum(paired(rng.normal(4, 1, 5), np.zeros(5), 0.0).differ for _ in range(200)) > 180
    assert sum(unpaired(rng.normal(6, 1, 5), rng.normal(0, 1, 5), 0.0).differ for _ in range(200)) > 180


@pytest.mark.parametrize("only_left, only_right, both, neither, p", [
    (1, 9, 5, 3, 2 * (1 + 10) / 1024), (9, 1, 0, 0, 22 / 1024), (5, 5, 2, 0, 1.0), (0, 6, 1, 1, 2 / 64),
    (0, 0, 7, 2, 1.0), (0, 0, 0, 0, 1.0), (3, 0, 0, 4, 2 / 8)])
def test_mcnemars_p_matches_a_hand_calculation(only_left, only_right, both, neither, p):
    left = [True] * only_left + [False] * only_right + [True] * both + [False] * neither
    right = [False] * only_left + [True] * only_right + [True] * both + [False] * neither
    for left_correct, right_correct in ((left, right), (np.array(left, bool), np.array(right, bool))):
        assert astuple(mcnemar(left_correct, right_correct)) == (only_left, only_right, len(left), pytest.approx(p))


def test_models_that_always_disagree_are_counted_completely():
    assert mcnemar([True, True, False, False], [False, False, True, True]) == Discordant(2, 2, 4, 1.0)


def test_the_prediction_interval_matches_a_hand_calculation():
    # Mean 2, deviation 1, t of two degrees of freedom at .975 is 4.302653: 4.302653 * sqrt(1 + 1/3) = 4.968275.
    assert prediction_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - 4.968275, 2 + 4.968275), abs=1e-5)
    # Mean 10, deviation sqrt(2.5), t of four degrees is 2.776445: 2.776445 * sqrt(2.5) * sqrt(1 + 1/5) = 4.808944.
    assert prediction_interval([8.0, 9.0, 10.0, 11.0, 12.0]) == pytest.approx((5.191056, 14.808944), abs=1e-5)
    assert prediction_interval([7.0, 7.0, 7.0]) == (7.0, 7.0)


@pytest.mark.parametrize("numbers", [[], [1.0], [1.0, 2.0], [1.0, 2.0, NAN], [1.0, 2.0, INF]])
def test_few_or_infinite_numbers_give_no_prediction_interval(numbers):
    assert prediction_interval(numbers) is None


SPEC = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(0.1), Training(1, 32))
KERAS, LIGHTNING = "Keras on TensorFlow", "PyTorch Lightning"
ENVIRONMENTS = {name: {"framework": name, "backend": name, "versions": {name: "1.0"}}
                for name in ("keras", "lightning", "reference")}


def rain(name="it_rains", **facts):
    return Behaviour(name, "it rains", ("a",), lambda trace: 0.0, **facts)


def compared(numbers, *behaviours, init="shared", seeds=None, right=None):
    """A result in which each framework has these numbers for all behaviours, and predicts these samples correctly."""
    behaviours = behaviours or (rain(margin=0.5, reported=1.0, quantity="rain in mm"),)
    scenario = Scenario("rain", "Rain", "Does it rain?", (Variant("a", "as reported", SPEC, "reported"),
                                                          Variant("b", "at home", SPEC)), behaviours)
    facts = {"outcome": {"kind": "finished", "step": 1, "message": ""}}
    traces = {name: {(variant, seed): Trace(facts, {"correct/test": np.array(values)} if (
        values := (right or {}).get(name)) else {})
                     for variant in "ab" for seed in (seeds or {}).get(name, range(len(several) or 3))}
              for name, several in numbers.items()}
    answers = {name: Answer(False, several[0], several) if several else cannot(Reason(ReasonKind.REFUSED))
               for name, several in numbers.items()}
    verdicts = {behaviour.name: Verdict(Attribution.NOT_SHOWN, (), tuple(numbers)) for behaviour in behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), init,
                  {name: ENVIRONMENTS[name] for name in numbers}, traces,
                  {behaviour.name: answers for behaviour in behaviours}, verdicts=verdicts)


ZEROS = (0.0, 0.0, 0.0)


@pytest.mark.parametrize("numbers, facts", [
    ((1.9, 2.0, 2.1), ["2 on average", "1.75 to 2.25", "They differ.", "not equivalent within 0.5 (p = 1)"]),
    ((1.0, 2.0, 3.0), ["-0.484 to 4.48", "No difference", "2.5 or more", "not shown", "within 0.5 (p = 0.94)"]),
    ((-0.1, 0.0, 0.1), ["0 on average", "0.25 or more", "are equivalent within 0.5 (p = 0.0065)"]),
    ((1.9e-9, 2e-9, 2.1e-9), ["1.75e-09 to 2.25e-09", "They differ.", "are equivalent within 0.5 (p < 0.0001)"]),
    (ZEROS, ["0 with every seed", "No difference", "are equivalent within 0.5."]),
    ((2.0, 2.0, 2.0), ["2 with every seed", "They differ.", "not equivalent within 0.5."]),
])
def test_differences_and_equivalence_are_both_reported(numbers, facts):
    text, = paired_text(compared({"keras": numbers, "lightning": ZEROS}))
    assert text.startswith(f"rain in mm, {KERAS} minus {LIGHTNING}: ") and "3 seeds, paired" in text
    assert all(fact in text for fact in facts), text


def test_seeds_without_a_finite_number_are_reported():
    numbers = (1.0, NAN, 2.0, 3.0)
    text = paired_text(compared({"keras": numbers, "lightning": (0.0,) * 4}))[0]
    assert "-0.484 to 4.48; 3 seeds, paired; 1 left out" in text
    text, = paired_text(compared({"keras": (1.0, NAN, 2.0), "lightning": ZEROS}))
    assert "not compared" in text and "of 3 seeds fewer than 3" in text


def test_numbers_are_paired_by_seed_and_not_by_position():
    result = compared({"keras": (1.0, 2.0, 3.0, 4.0), "lightning": (20.0, 30.0, 40.0)}, seeds={"lightning": (1, 2, 3)})
    text = paired_text(result)[0]
    assert "-27 on average" in text and "-49.4 to -4.64; 3 seeds, paired; 1 left out" in text


def test_a_seed_with_a_worker_error_is_left_out_on_both_sides():
    result = compared({"keras": (1.0, 2.0, 3.0, 4.0), "lightning": (20.0, 30.0, 40.0)},
                      seeds={"lightning": (0, 1, 2, 3)})
    result.answers["it_rains"]["lightning"] = replace(result.answers["it_rains"]["lightning"], left_out=(0,))
    text = paired_text(result)[0]
    assert "-27 on average" in text and "-49.4 to -4.64; 3 seeds, paired; 1 left out" in text


def test_native_initializations_are_not_paired():
    text = paired_text(compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, init="native"))[0]
    assert "3 seeds, not paired)" in text


def test_without_a_margin_no_equivalence_is_reported():
    lines = paired_text(compared({"keras": (1.9, 2.0, 2.1), "lightning": ZEROS}, rain()))
    assert lines[0].startswith(f"the number of “it rains”, {KERAS} minus {LIGHTNING}: 2 ")
    assert lines[0].endswith(" They differ.")


def test_the_first_framework_with_numbers_is_compared_with_every_other():
    three = compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(": ")[0] for line in paired_text(three)] == [
        f"rain in mm, {KERAS} minus {LIGHTNING}", f"rain in mm, {KERAS} minus the NumPy reference"]
    partial = compared({"keras": (), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(": ")[0] for line in paired_text(partial)] == [
        f"rain in mm, {LIGHTNING} minus the NumPy reference"]
    for alone in ({"keras": ZEROS}, {"keras": ZEROS, "lightning": ()}, {"keras": (1.0, 2.0), "lightning": (0.0, 0.0)}):
        assert paired_text(compared(alone)) == []


def test_only_reported_and_first_behaviours_are_compared():
    behaviours = rain("first"), rain("second"), rain("third", reported=0.5, quantity="wind")
    lines = paired_text(compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, *behaviours))
    assert [line.split(",")[0] for line in lines] == ["the number of “it rains”", "wind"]


def test_two_trained_models_are_compared_for_reported_variants_and_seed_0():
    right = {"keras": [True] * 12 + [False] * 8, "lightning": [True] * 5 + [False] * 7 + [True] + [False] * 7,
             "reference": None}
    result = compared({"keras": ZEROS, "lightning": ZEROS, "reference": ZEROS}, right=right)
    # 7 against 1: 2 * (1 + 8) / 256
    line, = mcnemar_text(result)
    assert re.search(rf"^in a, 7 of 20 .* {KERAS}, .* 1 .* {LIGHTNING} .*McNemar.* p = 0\.07\)", line)
    assert mcnemar_text(compared({"keras": (0.0,), "lightning": (0.0,)}, right=right)) == [line], "one seed is enough"
    assert mcnemar_text(compared({"keras": ZEROS, "lightning": ZEROS}, right=right, seeds={"keras": (1, 2, 3)})) == []
    assert mcnemar_text(compared({"keras": ZEROS, "lightning": ZEROS})) == []


@pytest.mark.parametrize("rules, expected", [
    (("argmax_logits", "argmax_outputs"), "the largest output"),
    (("round", "threshold"), "outputs above the threshold")])
def test_the_accuracy_rule_of_mcnemars_test_is_named(rules, expected):
    result = compared({"keras": ZEROS, "lightning": ZEROS}, right={"keras": [True], "lightning": [False]})
    for traces in result.traces.values():
        traces["a", 0].arrays.update({f"accuracy_by_rule/test/{rule}": np.ones(1) for rule in rules})
    assert f"correct by {expected}." in mcnemar_text(result)[0]


def test_the_statistics_are_printed_and_written(capsys):
    right = {name: [name == "keras", name != "keras"] for name in ENVIRONMENTS}
    result = compared({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS}, right=right)
    lines = paired_text(result) + mcnemar_text(result)
    assert len(lines) == 3, "two comparisons of numbers, and one of the first two models"
    print_result(record(result), console())
    printed, written = capsys.readouterr().out, markdown(result)
    for line in lines:
        assert f"{line[1:]}\n" in printed and f"{line[1:]}\n" in written, "only its first letter is changed"
