"""What several starts, or two trained models, tell of a difference: an interval, an equivalence, what would be seen.

A difference and an equivalence are two questions, and a comparison may answer neither. Nothing here knows a framework:
numbers go in, and everything that comes out is in their unit, but for p values, counts and `n`.
"""

from __future__ import annotations

import functools
import math
import sys
from dataclasses import dataclass
from statistics import fmean, median
from typing import Sequence

LEVEL = 0.95
"""Of intervals; 1 - LEVEL is also the size of each of the two one-sided tests. With 3 to 10 initializations intervals
miss in at most 5 % where numbers are normal or have heavier tails (tests/test_statistics.py measures it); where they
are uniform, in up to 7 %."""
FEWEST = 3  # pairs or starts from which anything is said
ROUNDING = 40 * sys.float_info.epsilon  # relative: differences that differ by less are one number, rounded differently


@dataclass(frozen=True)
class Difference:
    """Two frameworks' numbers of one behaviour, compared."""

    n: int
    """Initializations that were compared, of the side that has fewer."""
    left_out: int
    """Those that were not, since a number or their difference is nan or infinite, or not there."""
    difference: float
    """The mean of one - other."""
    low: float
    high: float
    """The 95 % interval of the mean difference, by Student's t; one number where all differences are the same."""
    margin: float
    """Within this distance of 0 a difference does not matter; 0 where nobody said how far that is."""
    equivalent: bool | None
    """Whether two one-sided t tests at 5 % each (Schuirmann 1987) put the mean difference within ± margin. None without
    a margin. False says that it is not shown, not that they differ; see `beyond`."""
    p: float | None
    """The larger p value of the two. Where all differences are the same there is no spread to test with: it is then
    their limit, 0 inside of the margin and 1 outside."""
    smallest: float
    """The smallest effect that this comparison would have seen: half the width of the interval. One of just this size
    is seen about every second time, a larger one more often; 0 where all differences are the same."""

    @property
    def differ(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def beyond(self) -> bool:
        """Whether the whole interval lies outside of ± margin."""
        return self.low >= self.margin or self.high <= -self.margin


@dataclass(frozen=True)
class Discordant:
    """The samples on which two trained models disagree, one right and the other wrong.

    McNemar's test in its exact form. It judges these two models and their test samples, not the frameworks that
    trained them: another start would give other models (Dietterich 1998, Approximate Statistical Tests for Comparing
    Supervised Classification Learning Algorithms).
    """

    only_one: int
    """Samples about which only the first model is right."""
    only_other: int
    n: int
    """All samples."""
    p: float
    """How often models of equal accuracy would disagree at least as unevenly; 1 where they never disagree."""


def paired(ones: Sequence[float], others: Sequence[float], margin: float) -> Difference | None:
    """The comparison of numbers that are paired: both sides of a pair had the same weights and batches.

    None for fewer than three pairs of finite numbers. Raises ValueError where there are not as many on both sides.
    """
    pairs = [(float(one), float(other)) for one, other in zip(ones, others, strict=True)]
    kept = [pair for pair in pairs if math.isfinite(pair[0] - pair[1])]
    if len(kept) < FEWEST:
        return None
    differences = [one - other for one, other in kept]
    size = max(abs(number) for pair in kept for number in pair)
    return _compared(len(kept), len(pairs) - len(kept), _mean(differences, size), _error(differences, size),
                     len(kept) - 1, margin)


def unpaired(ones: Sequence[float], others: Sequence[float], margin: float) -> Difference | None:
    """The comparison of numbers of which each side drew its own weights and batches; None for fewer than three a side.

    Welch's t with the degrees of freedom of the smaller side: his own (Welch 1947) let intervals of 95 % miss in up to
    7 % where there are 3 on one side and 10 on the other, and in 6 % of 3 and 3 of different spread.
    """
    sides = [[float(number) for number in side if math.isfinite(number)] for side in (ones, others)]
    n = min(map(len, sides))
    if n < FEWEST:
        return None
    size = max(abs(number) for side in sides for number in side)
    one, other = (_mean(side, size) for side in sides)
    error = math.hypot(*(_error(side, size) for side in sides))
    return _compared(n, max(len(ones), len(others)) - n, one - other, error, n - 1, margin)


def mcnemar(right_one: Sequence[bool], right_other: Sequence[bool]) -> Discordant:
    """McNemar's exact test of two models from whether each is right, sample by sample.

    Raises ValueError where there are not as many samples on both sides.
    """
    from scipy import stats
    sides = [(bool(one), bool(other)) for one, other in zip(right_one, right_other, strict=True)]
    only_one, only_other = sides.count((True, False)), sides.count((False, True))
    apart = only_one + only_other
    p = float(stats.binomtest(only_one, apart, 0.5).pvalue) if apart else 1.0
    return Discordant(only_one, only_other, len(sides), p)


def prediction_interval(numbers: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """Where one more start would fall with this probability, by Student's t; None for fewer than three starts."""
    if len(numbers) < FEWEST or not all(map(math.isfinite, numbers)):
        return None
    n = len(numbers)
    mean = sum(numbers) / n
    half = math.sqrt(sum((x - mean) ** 2 for x in numbers) / (n - 1)) * one_more(n, level)
    return mean - half, mean + half


def share_at_most(some: int, of: int, level: float = LEVEL) -> float:
    """The upper end of Clopper and Pearson's interval of a share."""
    from scipy import stats
    return float(stats.binomtest(some, of).proportion_ci(level).high)


def one_more(n: int, level: float = LEVEL) -> float:
    """How many standard deviations of n numbers one more lies from their mean at most, with this probability."""
    from scipy import stats
    return float(stats.t.ppf((1 + level) / 2, n - 1)) * math.sqrt(1 + 1 / n)


def _alike(numbers: Sequence[float], size: float) -> bool:
    """Whether numbers are one, beside rounding of numbers of this size."""
    return max(numbers) - min(numbers) <= ROUNDING * size


def _mean(numbers: Sequence[float], size: float) -> float:
    return median(numbers) if _alike(numbers, size) else fmean(numbers)


def _error(numbers: Sequence[float], size: float) -> float:
    """The standard error of the mean; 0 where the numbers are one."""
    if _alike(numbers, size):
        return 0.0
    scale = max(map(abs, numbers))  # numbers so small that their squares underflow have a spread too
    mean = fmean(number / scale for number in numbers)
    n = len(numbers)
    return scale * math.sqrt(sum((number / scale - mean) ** 2 for number in numbers) / (n - 1) / n)


@functools.cache
def _quantile(freedom: int) -> float:
    from scipy import stats
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))


def _compared(n: int, left_out: int, difference: float, error: float, freedom: int, margin: float) -> Difference:
    half = _quantile(freedom) * error
    p = None
    if margin:
        from scipy import stats
        p = float(stats.t.sf((margin - abs(difference)) / error, freedom)) if error else \
            float(abs(difference) >= margin)
    return Difference(n, left_out, difference, difference - half, difference + half, margin,
                      None if p is None else p < 1 - LEVEL, p, half)
