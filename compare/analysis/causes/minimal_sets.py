"""Searching the causes of a behaviour: which sets of suspects add it to the side without it, and which remove it.

A suspect is a named difference between the two sides. `shown(chosen)` says whether the behaviour is there when the
suspects `chosen` are as on the side that shows it, and all others as on the side that does not: True, False, or None.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Callable, Collection, Iterator, Mapping

Chosen = frozenset[str]
Shown = Callable[[Chosen], bool | None]

MOST_CROSSED = 8
"""Suspects of which all subsets are run."""
MOST_SHARED = 6
"""Suspects among which a numeric gap is shared."""


def subsets(names: Collection[str]) -> Iterator[Chosen]:
    """Every subset, smaller ones first."""
    names = list(names)
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def asked_of(names: Collection[str]) -> list[Chosen]:
    """The subsets that a search over these suspects always asks: all, or the two ends where there are too many."""
    return list(subsets(names)) if len(names) <= MOST_CROSSED else [frozenset(), frozenset(names)]


def sufficient(names: Collection[str], shown: Shown) -> list[Chosen]:
    """The sets that add the behaviour, and of which no part does; where there are too many suspects, one of them."""
    return _minimal(names, shown, True)


def necessary(names: Collection[str], shown: Shown) -> list[Chosen]:
    """The sets whose change to the other side removes the behaviour, and of which no part does; or one of them."""
    everything = frozenset(names)
    return _minimal(names, lambda changed: shown(everything - changed), False)


def shares(names: Collection[str], number: Mapping[Chosen, float]) -> dict[str, float] | None:
    """Each suspect's share of the gap between no suspect and all: its Shapley value, as a part of the gap.

    The average, over all orders in which the suspects could be changed one after the other, of what a suspect adds
    (Shapley 1953). Shares sum to 1, and can be negative or above 1. None where a subset has no number, where there is
    no gap, or where there are too many suspects.
    """
    everything = frozenset(names)
    gap = number[everything] - number[frozenset()] if len(everything) <= MOST_SHARED else 0.0
    if not gap or not all(math.isfinite(number[chosen]) for chosen in subsets(names)):
        return None
    n = len(everything)
    return {name: sum((number[chosen | {name}] - number[chosen]) / (n * math.comb(n - 1, len(chosen)))
                      for chosen in subsets(everything - {name})) / gap for name in names}


def _minimal(names: Collection[str], shown: Shown, wanted: bool) -> list[Chosen]:
    if len(names) > MOST_CROSSED:
        return _one_minimal(names, shown, wanted)
    found: list[Chosen] = []
    for chosen in subsets(names):
        if not any(known <= chosen for known in found) and shown(chosen) is wanted:
            found.append(chosen)
    return found


def _one_minimal(names: Collection[str], shown: Shown, wanted: bool) -> list[Chosen]:
    """One set from which no single suspect can be left out, found by leaving out one after the other."""
    chosen = frozenset(names)
    if shown(chosen) is not wanted or shown(frozenset()) is wanted:
        return []
    for name in names:
        if shown(chosen - {name}) is wanted:
            chosen -= {name}
    return [chosen]
