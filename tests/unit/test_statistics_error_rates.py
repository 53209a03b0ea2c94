"""How often statistical tests are wrong: measured error rates on random numbers, at most the nominal ones."""

import math

import numpy as np
import pytest
from scipy import stats

from compare.analysis.statistics import LEVEL, mcnemar, paired, prediction_interval, share_at_most, unpaired

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


@pytest.mark.parametrize("count, total", [(0, 1), (1, 1), (1, 2), (3, 7), (35, 229), (10, 20), (499, 1000), (0, 300)])
def test_exact_test_and_bound_are_those_of_scipy(count, total):
    """They are computed without `scipy.stats`, which takes two seconds to import."""
    expected = stats.binomtest(count, total)
    assert mcnemar([True] * count + [False] * (total - count),
                   [False] * count + [True] * (total - count)).p == pytest.approx(expected.pvalue)
    assert share_at_most(count, total) == pytest.approx(expected.proportion_ci(LEVEL).high)
