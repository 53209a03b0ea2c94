"""Statistics over several seeds or two trained models: confidence intervals, equivalence tests, McNemar's test.

Difference and equivalence are two questions, and a comparison may answer neither. This module works on plain numbers
and knows no framework. All results are in the unit of the numbers, except p values, counts and `n`.
"""

from __future__ import annotations

import functools
import math
import sys
from dataclasses import dataclass
from statistics import fmean, median
from typing import Iterable, Sequence

LEVEL = 0.95
"""The confidence level of intervals; 1 - LEVEL is also the size of each of the two one-sided tests. With 3 to 10
initializations, intervals miss in at most 5 % of cases where numbers are normally distributed or have heavier tails,
and in up to 7 % where they are uniformly distributed, as measured by tests/unit/test_statistics_error_rates.py."""
FEWEST = 3  # the fewest pairs or seeds for which a result is returned
ROUNDING = 40 * sys.float_info.epsilon  # relative tolerance: numbers closer than this are equal up to rounding


@dataclass(frozen=True)
class Difference:
    """A comparison of the numbers of two frameworks for one behaviour."""

    n: int
    """The number of initializations compared, of the side that has fewer."""
    left_out: int
    """The number of initializations left out because a number or the difference is missing, nan or infinite."""
    difference: float
    """The mean of left − right."""
    low: float
    high: float
    """The 95 % interval of the mean difference, by Student's t; a single number where all differences are equal."""
    margin: float
    """The equivalence margin: smaller differences do not matter; 0 where none is stated."""
    equivalent: bool | None
    """Whether two one-sided t tests at 5 % each (Schuirmann 1987) put the mean difference within ± margin. None without
    a margin. False means that equivalence is not shown, not that the two differ; see `beyond`."""
    p: float | None
    """The larger p value of the two tests. Where all differences are equal, there is no spread to test with, and p is
    its limit: 0 inside of the margin and 1 outside."""
    smallest: float
    """The smallest effect that this comparison would have seen: half the width of the interval. An effect of exactly
    this size is seen about every second time, a larger one more often; 0 where all differences are equal."""

    @property
    def differ(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0

    @property
    def beyond(self) -> bool:
        """Whether the whole interval lies outside of ± margin."""
        return self.low >= self.margin or self.high <= -self.margin


@dataclass(frozen=True)
class Discordant:
    """The samples that exactly one of two trained models predicts correctly, and McNemar's exact test.

    The test judges these two models on their test samples, not the frameworks that trained them: another initialization
    gives other models (Dietterich 1998, Approximate Statistical Tests for Comparing Supervised Classification Learning
    Algorithms).
    """

    only_left: int
    """Samples that only the first model predicts correctly."""
    only_right: int
    """Samples that only the second model predicts correctly."""
    n: int
    """All samples."""
    p: float
    """The probability that models of equal accuracy disagree at least as unevenly; 1 where they never disagree."""


def paired(lefts: Sequence[float], rights: Sequence[float], margin: float) -> Difference | None:
    """Compare paired numbers: both sides of a pair had the same initial weights and batches.

    Returns None for fewer than three pairs of finite numbers. Raises ValueError where the sides differ in length.
    """
    pairs = [(float(left), float(right)) for left, right in zip(lefts, rights, strict=True)]
    finite = [pair for pair in pairs if math.isfinite(pair[0] - pair[1])]
    if len(finite) < FEWEST:
        return None
    differences = [left - right for left, right in finite]
    size = max(abs(number) for pair in finite for number in pair)
    return _compared(len(finite), len(pairs) - len(finite), _mean(differences, size), _error(differences, size),
                     len(finite) - 1, margin)


def unpaired(lefts: Sequence[float], rights: Sequence[float], margin: float) -> Difference | None:
    """Compare unpaired numbers: each side had its own initial weights and batches.

    Welch's t with the degrees of freedom of the smaller side. With Welch's own degrees of freedom (Welch 1947), 95 %
    intervals miss in up to 7 % of cases with 3 numbers on one side and 10 on the other, and in 6 % with 3 and 3 of
    different spread. Returns None for fewer than three finite numbers on a side.
    """
    sides = [[float(number) for number in side if math.isfinite(number)] for side in (lefts, rights)]
    n = min(map(len, sides))
    if n < FEWEST:
        return None
    size = max(abs(number) for side in sides for number in side)
    left, right = (_mean(side, size) for side in sides)
    error = math.hypot(*(_error(side, size) for side in sides))
    return _compared(n, max(len(lefts), len(rights)) - n, left - right, error, n - 1, margin)


def mcnemar(left_correct: Iterable[bool], right_correct: Iterable[bool]) -> Discordant:
    """McNemar's exact test of two models; the arguments say for each sample whether the model predicts it correctly.

    Raises ValueError where the sides differ in length.
    """
    from scipy import special  # scipy.stats takes seconds to import
    pairs = [(bool(left), bool(right)) for left, right in zip(left_correct, right_correct, strict=True)]
    only_left, only_right = pairs.count((True, False)), pairs.count((False, True))
    discordant = only_left + only_right
    p = min(1.0, 2 * float(special.bdtr(min(only_left, only_right), discordant, 0.5)))
    return Discordant(only_left, only_right, len(pairs), p)


def prediction_interval(numbers: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """The interval in which the number of one more seed would lie with probability `level`, by Student's t.

    Returns None for fewer than three numbers, or where one is not finite.
    """
    if len(numbers) < FEWEST or not all(map(math.isfinite, numbers)):
        return None
    n = len(numbers)
    mean = sum(numbers) / n
    half = math.sqrt(sum((x - mean) ** 2 for x in numbers) / (n - 1)) * one_more(n, level)
    return mean - half, mean + half


def share_at_most(count: int, total: int, level: float = LEVEL) -> float:
    """The upper bound of the Clopper-Pearson interval of the proportion count / total."""
    from scipy import special
    return float(special.betaincinv(count + 1, total - count, (1 + level) / 2)) if count < total else 1.0


def one_more(n: int, level: float = LEVEL) -> float:
    """Half the width of the prediction interval of one more number after n, in sample standard deviations."""
    return _quantile(n - 1, level) * math.sqrt(1 + 1 / n)


def _equal(numbers: Sequence[float], size: float) -> bool:
    """Whether all numbers are equal up to the rounding of numbers as large as `size`."""
    return max(numbers) - min(numbers) <= ROUNDING * size


def _mean(numbers: Sequence[float], size: float) -> float:
    """The mean; where the numbers are equal up to rounding, their median."""
    return median(numbers) if _equal(numbers, size) else fmean(numbers)


def _error(numbers: Sequence[float], size: float) -> float:
    """The standard error of the mean; 0 where the numbers are equal up to rounding."""
    if _equal(numbers, size):
        return 0.0
    scale = max(map(abs, numbers))  # numbers so small that their squares underflow have a spread too
    mean = fmean(number / scale for number in numbers)
    n = len(numbers)
    return scale * math.sqrt(sum((number / scale - mean) ** 2 for number in numbers) / (n - 1) / n)


@functools.cache
def _quantile(freedom: int, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t at a level."""
    from scipy import special
    return float(special.stdtrit(freedom, (1 + level) / 2))


def _compared(n: int, left_out: int, difference: float, error: float, freedom: int, margin: float) -> Difference:
    """The interval and the equivalence test of a mean difference with this standard error."""
    half = _quantile(freedom) * error
    p = None
    if margin:
        from scipy import special
        p = float(special.stdtr(freedom, (abs(difference) - margin) / error)) if error else \
            float(abs(difference) >= margin)
    return Difference(n, left_out, difference, difference - half, difference + half, margin,
                      None if p is None else p < 1 - LEVEL, p, half)
