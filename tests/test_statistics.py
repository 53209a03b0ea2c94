"""Differences between starts and between trained models: against numbers worked out by hand, and how they are told."""

import math
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from compare.behaviours import Answer
from compare.data import Dataset
from compare.evidence import mcnemar_told, paired_told
from compare.outputs.answer import markdown
from compare.outputs.console import console, print_result
from compare.result import Result
from compare.statistics import FEW, Discordant, mcnemar, paired, prediction_interval
from compare.verdict import NOBODY, Verdict
from frameworks.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, MeanSquaredError, Spec, Training

NAN, INF = math.nan, math.inf
ALWAYS = pytest.mark.filterwarnings("error")


@ALWAYS
def test_a_paired_comparison_is_computed_as_by_hand():
    # Differences 1, 2, 3. Of the 27 resamples of three, one has mean 1 and one mean 3, and 1/27 is more than 2.5 %.
    found = paired([11.0, 22.0, 33.0], [10.0, 20.0, 30.0], margin=4.0)
    assert (found.n, found.left_out, found.difference, found.low, found.high) == (3, 0, 2.0, 1.0, 3.0)
    assert (found.smallest, found.margin, found.differ) == (1.0, 4.0, True)


@ALWAYS
@pytest.mark.parametrize("margin, equivalent", [(5.0, True), (4.0, True), (3.0, False), (1.5, False)])
def test_equivalence_is_the_larger_p_of_two_one_sided_t_tests(margin, equivalent):
    # Mean 2, standard error 1/sqrt(3); with two degrees of freedom P(T > t) = 1/2 - t / (2 * sqrt(2 + t * t)).
    t = (margin - 2) * math.sqrt(3)
    for ones, others in (([1, 2, 3], [0, 0, 0]), ([0, 0, 0], [1, 2, 3])):
        found = paired(ones, others, margin)
        assert found.p == pytest.approx(0.5 - t / (2 * math.sqrt(2 + t * t)))
        assert found.equivalent is equivalent


def test_small_noise_is_equivalent_within_a_wide_margin_and_not_within_a_narrow_one():
    ones = np.random.default_rng(0).normal(3, 1, 5)
    others = ones + np.random.default_rng(1).normal(0, 1e-3, 5)
    wide, narrow = paired(ones, others, 0.02), paired(ones, others, 1e-4)
    assert wide.equivalent is True and wide.p < 1e-4
    assert narrow.equivalent is False and narrow.p > 0.05
    assert (wide.low, wide.high) == (narrow.low, narrow.high), "the difference does not know the margin"


@pytest.mark.parametrize("numbers, beyond", [([1.01, 1.02, 1.03], True), ([0.99, 1.02, 1.03], False)])
def test_an_interval_that_reaches_within_the_margin_is_not_beyond_it(numbers, beyond):
    zeros = [0.0] * 3
    assert paired(numbers, zeros, 1.0).beyond is beyond and paired(zeros, numbers, 1.0).beyond is beyond


def test_without_a_margin_equivalence_is_not_asked():
    found = paired([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], 0.0)
    assert found.equivalent is None and found.p is None and found.differ


@ALWAYS
@pytest.mark.parametrize("ones, others", [
    ([], []), ([1.0], [0.0]), ([1.0, 2.0], [0.0, 0.0]), ([1.0, 2.0, NAN], [0.0, 0.0, 0.0]),
    ([1.0, 2.0, 3.0, INF], [0.0, 0.0, NAN, INF])])
def test_fewer_than_three_pairs_say_nothing(ones, others):
    assert paired(ones, others, 1.0) is None


@ALWAYS
def test_pairs_without_a_number_are_counted_and_change_nothing_else():
    clean = paired([1.0, 2.0, 3.0], [0.0, 0.5, 0.0], 1.0)
    for gap in (NAN, INF, -INF):
        for ones, others in (([1.0, gap, 2.0, 3.0], [0.0, 7.0, 0.5, 0.0]),
                             ([1.0, 2.0, 3.0, gap], [0.0, 0.5, 0.0, gap])):
            found = paired(np.array(ones), np.array(others), 1.0)
            assert found.left_out == 1 and astuple(found)[2:] == astuple(clean)[2:] and found.n == 3


def test_numbers_of_two_sides_that_are_not_as_many_are_no_pairs():
    with pytest.raises(ValueError):
        paired([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0], 1.0)
    with pytest.raises(ValueError):
        mcnemar([True, False], [True])


@ALWAYS
@pytest.mark.parametrize("ones, others, difference, equivalent", [
    ([0.0] * 3, [0.0] * 3, 0.0, True), ([7.0, 8.0, 9.0], [7.0, 8.0, 9.0], 0.0, True),
    ([2.0] * 3, [1.5] * 3, 0.5, True), ([2.0] * 3, [1.0] * 3, 1.0, False), ([0.0] * 3, [3.0] * 3, -3.0, False),
    ([1.1, 8.1, 64.1], [1.0, 8.0, 64.0], 0.1, True)])
def test_where_all_differences_are_the_same_the_interval_is_that_number(ones, others, difference, equivalent):
    found = paired(ones, others, 1.0)
    assert found.low == found.high == found.difference == pytest.approx(difference)
    assert (found.equivalent, found.p, found.smallest) == (equivalent, 0.0 if equivalent else 1.0, 0.0)
    assert found.differ is (difference != 0)


@ALWAYS
@pytest.mark.parametrize("size", [1e-300, 1e-120, 1e-12, 1e30])
def test_differences_of_any_size_have_an_interval(size):
    found = paired([size, 2 * size, 4 * size], [0.0, 0.0, 0.0], 1.0)
    assert found.low == pytest.approx(size, rel=0.5) and found.high == pytest.approx(4 * size, rel=0.3)
    assert found.equivalent is (size < 1) and not math.isnan(found.p)


def test_a_skewed_sample_moves_the_interval_to_its_long_side():
    from scipy import stats
    numbers = [2.0 ** k for k in range(10)]
    plain = stats.bootstrap((numbers,), np.mean, method="percentile", rng=1).confidence_interval
    found = paired(numbers, [0.0] * 10, 1.0)
    assert found.low > 1.1 * plain.low and found.high > 1.1 * plain.high, "BCa is accelerated"


def test_the_same_numbers_give_the_same_interval_and_swapped_sides_the_mirrored_one():
    ones, others = np.random.default_rng(2).normal(0, 1, (2, 8))
    first = paired(ones, others, 0.5)
    np.random.seed(3)
    assert paired(list(ones), list(others), 0.5) == first
    swapped = paired(others, ones, 0.5)
    assert (swapped.difference, swapped.low, swapped.high, swapped.p) == \
        pytest.approx((-first.difference, -first.high, -first.low, first.p))


def covered(pairs, times=250):
    """How often the interval of so many normal pairs holds the true mean difference, 2."""
    rng = np.random.default_rng(pairs)
    found = [paired(rng.normal(5, 1, pairs), rng.normal(3, 1, pairs), 1.0) for _ in range(times)]
    return sum(one.low <= 2 <= one.high for one in found) / times


def test_the_interval_holds_the_true_difference_as_often_as_it_says_but_not_for_few_pairs():
    assert 0.90 <= covered(30) <= 0.98, "of 95 %"
    assert covered(4) < 0.87 and FEW > 4, "which is why it is told to be too narrow"


def test_sides_that_are_just_the_margin_apart_are_called_equivalent_one_time_in_twenty():
    rng = np.random.default_rng(4)
    found = [paired(rng.normal(1, 1, 8), np.zeros(8), 1.0).equivalent for _ in range(400)]
    assert 0.02 <= sum(found) / 400 <= 0.085


@pytest.mark.parametrize("only_one, only_other, both, neither, p", [
    (1, 9, 5, 3, 2 * (1 + 10) / 1024), (9, 1, 0, 0, 22 / 1024), (5, 5, 2, 0, 1.0), (0, 6, 1, 1, 2 / 64),
    (0, 0, 7, 2, 1.0), (0, 0, 0, 0, 1.0), (3, 0, 0, 4, 2 / 8)])
def test_mcnemars_p_is_counted_as_by_hand(only_one, only_other, both, neither, p):
    ones = [True] * only_one + [False] * only_other + [True] * both + [False] * neither
    others = [False] * only_one + [True] * only_other + [True] * both + [False] * neither
    for right, wrong in ((ones, others), (np.array(ones, bool), np.array(others, bool))):
        assert astuple(mcnemar(right, wrong)) == (only_one, only_other, len(ones), pytest.approx(p))


def test_models_that_are_always_on_opposite_sides_are_counted_whole():
    assert mcnemar([True, True, False, False], [False, False, True, True]) == Discordant(2, 2, 4, 1.0)


def test_where_one_more_start_would_fall_is_computed_as_by_hand():
    # Mean 2, deviation 1, t of two degrees of freedom at .975 is 4.302653: 4.302653 * sqrt(1 + 1/3) = 4.968275.
    assert prediction_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - 4.968275, 2 + 4.968275), abs=1e-5)
    # Mean 10, deviation sqrt(2.5), t of four degrees is 2.776445: 2.776445 * sqrt(2.5) * sqrt(1 + 1/5) = 4.808944.
    assert prediction_interval([8.0, 9.0, 10.0, 11.0, 12.0]) == pytest.approx((5.191056, 14.808944), abs=1e-5)
    assert prediction_interval([7.0, 7.0, 7.0]) == (7.0, 7.0)


@pytest.mark.parametrize("numbers", [[], [1.0], [1.0, 2.0], [1.0, 2.0, NAN], [1.0, 2.0, INF]])
def test_few_or_infinite_numbers_foretell_nothing(numbers):
    assert prediction_interval(numbers) is None


SPEC = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(0.1), Training(1, 32))
KERAS, LIGHTNING = "Keras on TensorFlow", "PyTorch Lightning"
ENVIRONMENTS = {name: {"framework": name, "backend": name, "versions": {name: "1.0"}}
                for name in ("keras", "lightning", "reference")}


def rain(name="it_rains", **facts):
    return Behaviour(name, "it rains", ("a",), lambda trace: 0.0, **facts)


def found(numbers, *behaviours, start="shared", starts=None, right=None):
    """A result in which each framework has these numbers of the behaviours, and is right about these samples."""
    behaviours = behaviours or (rain(margin=0.5, asked=1.0, quantity="rain in mm"),)
    scenario = Scenario("rain", "Rain", "Does it rain?", (Variant("a", "as asked", SPEC, "asked"),
                                                          Variant("b", "at home", SPEC)), behaviours)
    traces = {name: {(variant, seed): Trace({}, {"right/test": np.array(values)} if (values := (right or {}).get(name))
                                            else {})
                     for variant in "ab" for seed in (starts or {}).get(name, range(len(several) or 3))}
              for name, several in numbers.items()}
    answers = {name: Answer(False, several[0], several) if several else Answer(None, NAN, (), "refused")
               for name, several in numbers.items()}
    verdicts = {one.name: Verdict(NOBODY, (), tuple(numbers)) for one in behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), start,
                  {name: ENVIRONMENTS[name] for name in numbers}, traces, {one.name: answers for one in behaviours},
                  verdicts=verdicts)


ZEROS = (0.0, 0.0, 0.0)


@pytest.mark.parametrize("ones, told", [
    ((1.0, 2.0, 3.0), "2 (95 % interval 1 to 3, 3 starts, paired; of so few the interval is too narrow): they differ; "
                      "equivalent within 0.5: no (p = 0.94)"),
    ((-0.1, 0.0, 0.1), "0 (95 % interval -0.1 to 0.1, 3 starts, paired; of so few the interval is too narrow): no "
                       "difference seen; one of 0.1 or more would have been seen; equivalent within 0.5: yes "
                       "(p = 0.0065)"),
    ((-1.0, 0.0, 1.0), "0 (95 % interval -1 to 1, 3 starts, paired; of so few the interval is too narrow): no "
                       "difference seen; one of 1 or more would have been seen; equivalent within 0.5: not shown "
                       "(p = 0.24)"),
    ((1e-9, 2e-9, 3e-9), "2e-09 (95 % interval 1e-09 to 3e-09, 3 starts, paired; of so few the interval is too "
                         "narrow): they differ; equivalent within 0.5: yes (p < 0.0001)"),
    (ZEROS, "0 in every start (3 starts, paired): no difference seen; any in these starts would have been seen; "
            "equivalent within 0.5: yes"),
    ((2.0, 2.0, 2.0), "2 in every start (3 starts, paired): they differ; equivalent within 0.5: no"),
])
def test_a_difference_and_an_equivalence_are_told_apart(ones, told):
    assert paired_told(found({"keras": ones, "lightning": ZEROS})) == [
        f"rain in mm: {KERAS} - {LIGHTNING} = {told}"]


def test_many_starts_are_told_without_the_warning_of_few():
    numbers = tuple(float(i % 5) for i in range(FEW))
    told = {n: paired_told(found({"keras": numbers[:n], "lightning": (0.0,) * n}))[0] for n in (FEW - 1, FEW)}
    assert "19 starts, paired; of so few the interval is too narrow)" in told[19] and "20 starts, paired):" in told[20]


def test_starts_without_a_number_are_told():
    gaps = (1.0, NAN, 2.0, 3.0)
    told = paired_told(found({"keras": gaps, "lightning": (0.0,) * 4}))[0]
    assert "= 2 (95 % interval 1 to 3, 3 starts, paired; 1 left out, without a finite number on both sides" in told
    assert paired_told(found({"keras": (1.0, NAN, 2.0), "lightning": ZEROS})) == [
        f"rain in mm: {KERAS} - {LIGHTNING} is not compared: of 3 starts fewer than 3 have a finite number on both "
        "sides"]


def test_numbers_are_paired_by_their_start_and_not_by_their_place():
    result = found({"keras": (1.0, 2.0, 3.0, 4.0), "lightning": (20.0, 30.0, 40.0)}, starts={"lightning": (1, 2, 3)})
    assert paired_told(result)[0].startswith(f"rain in mm: {KERAS} - {LIGHTNING} = -27 (95 % interval -36 to -18, 3 "
                                             "starts, paired; 1 left out")


def test_own_starts_are_no_pairs_of_the_same_start():
    told = paired_told(found({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, start="own"))[0]
    assert "3 starts, each side from its own; of so few" in told and "paired" not in told


def test_without_a_margin_nothing_is_called_equivalent():
    told = paired_told(found({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, rain()))
    assert told[0].startswith(f"it rains: {KERAS} - {LIGHTNING} = 2 (") and told[0].endswith(
        "): they differ; no margin is stated within which they would be equivalent")


def test_the_first_framework_that_has_numbers_is_compared_with_every_other():
    three = found({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(" = ")[0] for line in paired_told(three)] == [
        f"rain in mm: {KERAS} - {LIGHTNING}", f"rain in mm: {KERAS} - the textbook"]
    refused = found({"keras": (), "lightning": ZEROS, "reference": ZEROS})
    assert [line.split(" = ")[0] for line in paired_told(refused)] == [f"rain in mm: {LIGHTNING} - the textbook"]
    for alone in ({"keras": ZEROS}, {"keras": ZEROS, "lightning": ()}, {"keras": (1.0, 2.0), "lightning": (0.0, 0.0)}):
        assert paired_told(found(alone)) == []


def test_what_was_asked_and_the_first_behaviour_are_compared_and_no_other():
    behaviours = rain("first"), rain("second"), rain("third", asked=0.5, quantity="wind")
    told = paired_told(found({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS}, *behaviours))
    assert [line.split(":")[0] for line in told] == ["it rains", "wind"]


def test_two_trained_models_are_told_for_asked_variants_and_seed_0():
    right = {"keras": [True] * 12 + [False] * 8, "lightning": [True] * 5 + [False] * 7 + [True] + [False] * 7,
             "reference": None}
    result = found({"keras": ZEROS, "lightning": ZEROS, "reference": ZEROS}, right=right)
    # 7 against 1: 2 * (1 + 8) / 256
    line = f"these two trained models (a, seed 0): of 20 test images {KERAS} alone is right about 7 and {LIGHTNING} " \
           "alone about 1 (McNemar's exact p = 0.07); it judges these two models only"
    assert mcnemar_told(result) == [line]
    assert mcnemar_told(found({"keras": (0.0,), "lightning": (0.0,)}, right=right)) == [line], "one start is enough"
    assert mcnemar_told(found({"keras": ZEROS, "lightning": ZEROS}, right=right, starts={"keras": (1, 2, 3)})) == []
    assert mcnemar_told(found({"keras": ZEROS, "lightning": ZEROS})) == []


@pytest.mark.parametrize("rules, told", [
    (("argmax_logits", "argmax_outputs"), "the largest output"),
    (("round", "threshold"), "outputs above the threshold")])
def test_the_rule_by_which_two_models_are_right_is_named(rules, told):
    result = found({"keras": ZEROS, "lightning": ZEROS}, right={"keras": [True], "lightning": [False]})
    for traces in result.traces.values():
        traces["a", 0].arrays.update({f"rule/test/{rule}": np.ones(1) for rule in rules})
    assert f" (McNemar's exact p = 1; right is counted by {told}); it judges" in mcnemar_told(result)[0]


def test_the_lines_are_printed_and_written(capsys):
    right = {name: [name == "keras", name != "keras"] for name in ENVIRONMENTS}
    result = found({"keras": (1.0, 2.0, 3.0), "lightning": ZEROS, "reference": ZEROS}, right=right)
    lines = paired_told(result) + mcnemar_told(result)
    assert len(lines) == 3, "two pairs of numbers, and the first two models"
    print_result(result, console())
    printed, written = capsys.readouterr().out, markdown(result)
    for line in lines:
        assert f"{line}\n" in printed and f"\n\n{line}\n" in written
