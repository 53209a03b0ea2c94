"""Differences between seeds and between trained models, against hand calculations."""

import math
from dataclasses import astuple

import numpy as np
import pytest

from compare.analysis.statistics import Discordant, mcnemar, paired, prediction_interval, unpaired

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
