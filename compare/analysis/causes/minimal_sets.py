"""Searches the minimal sets of suspects that cause a behaviour: the sufficient sets and the necessary sets.

A suspect is a named difference between the two sides of a question. `shown(chosen)` says whether the behaviour is
shown when the suspects `chosen` have the values of the side with the behaviour, and all others those of the side
without it: True, False, or None where that cannot be evaluated.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Callable, Collection, Iterator, Mapping

Chosen = frozenset[str]
Shown = Callable[[Chosen], bool | None]

MOST_CROSSED = 8
"""The largest number of suspects of which all subsets are run."""
MOST_SHARED = 6
"""The largest number of suspects for which shares of a numeric difference are computed."""


def subsets(names: Collection[str]) -> Iterator[Chosen]:
    """Yields every subset, smaller ones first."""
    names = list(names)
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def tried_by_every_search(names: Collection[str]) -> list[Chosen]:
    """Returns the subsets that every search over these suspects runs.

    These are all subsets, or only the empty and the full one where there are more than `MOST_CROSSED` suspects.
    """
    return list(subsets(names)) if len(names) <= MOST_CROSSED else [frozenset(), frozenset(names)]


def sufficient(names: Collection[str], shown: Shown) -> list[Chosen]:
    """Returns the minimal sets of suspects that add the behaviour to the side without it.

    No proper subset of such a set adds it. With more than `MOST_CROSSED` suspects, only one set is searched.
    """
    return _minimal(names, shown, True)


def necessary(names: Collection[str], shown: Shown) -> list[Chosen]:
    """Returns the minimal sets of suspects that remove the behaviour from the side with it when they are changed.

    No proper subset of such a set removes it. With more than `MOST_CROSSED` suspects, only one set is searched.
    """
    everything = frozenset(names)
    return _minimal(names, lambda changed: shown(everything - changed), False)


def shares(names: Collection[str], number: Mapping[Chosen, float]) -> dict[str, float] | None:
    """Returns each suspect's share of the difference between no suspect and all: its normalized Shapley value.

    The Shapley value (Shapley 1953) of a suspect is the change of the number when this suspect is changed, averaged
    over all orders in which the suspects can be changed one after the other. Shares sum to 1, and can be negative or
    above 1. Returns None where a subset has no finite number, where there is no difference, or with more than
    `MOST_SHARED` suspects.
    """
    everything = frozenset(names)
    total = number[everything] - number[frozenset()] if len(everything) <= MOST_SHARED else 0.0
    if not total or not all(math.isfinite(number[chosen]) for chosen in subsets(names)):
        return None
    n = len(everything)
    return {name: sum((number[chosen | {name}] - number[chosen]) / (n * math.comb(n - 1, len(chosen)))
                      for chosen in subsets(everything - {name})) / total for name in names}


def _minimal(names: Collection[str], shown: Shown, expected: bool) -> list[Chosen]:
    """The minimal sets for which `shown` is `expected`, or one of them where there are too many suspects."""
    if len(names) > MOST_CROSSED:
        return _one_minimal(names, shown, expected)
    minimal: list[Chosen] = []
    for chosen in subsets(names):
        if not any(known <= chosen for known in minimal) and shown(chosen) is expected:
            minimal.append(chosen)
    return minimal


def _one_minimal(names: Collection[str], shown: Shown, expected: bool) -> list[Chosen]:
    """One set from which no single suspect can be removed, found by removing one suspect after the other."""
    chosen = frozenset(names)
    if shown(chosen) is not expected or shown(frozenset()) is expected:
        return []
    for name in names:
        if shown(chosen - {name}) is expected:
            chosen -= {name}
    return [chosen]
