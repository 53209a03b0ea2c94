"""The search finds exactly the minimal sets of a truth table, and divides a difference by Shapley's formula."""

import itertools
import random

import pytest

from compare.analysis.causes.minimal_sets import necessary, shares, subsets, sufficient


def sets(*names):
    return [frozenset(group.split()) for group in names]


@pytest.mark.parametrize("shown, sufficient_sets, necessary_sets", [
    (lambda s: "a" in s, sets("a"), sets("a")),
    (lambda s: {"a", "b"} <= s, sets("a b"), sets("a", "b")),
    (lambda s: bool({"a", "b"} & s), sets("a", "b"), sets("a b")),
    (lambda s: "a" in s and bool({"b", "c"} & s), sets("a b", "a c"), sets("a", "b c")),
    (lambda s: len(s & {"a", "b", "c"}) >= 2, sets("a b", "a c", "b c"), sets("a b", "a c", "b c")),
], ids=["one", "only together", "either suffices", "one and either", "two of three"])
@pytest.mark.parametrize("irrelevant", ["", "x", "x y z"])
def test_all_minimal_sets_are_found_despite_irrelevant_suspects(shown, sufficient_sets, necessary_sets, irrelevant):
    names = ["a", "b", "c", *irrelevant.split()]
    assert set(sufficient(names, shown)) == set(sufficient_sets) and set(necessary(names, shown)) == set(necessary_sets)


def test_undecidable_subsets_yield_no_set():
    def shown(s):
        return None if "b" in s else "a" in s
    assert sufficient("ab", shown) == sets("a")
    assert necessary("ab", shown) == sets("a b"), "the result without a alone is unknown"
    assert sufficient("ab", lambda s: None) == necessary("ab", lambda s: None) == []


def test_there_is_no_set_without_suspects_or_without_effect():
    assert sufficient([], lambda s: False) == necessary([], lambda s: True) == []
    assert sufficient("ab", lambda s: False) == [] and necessary("ab", lambda s: True) == []


def test_with_many_suspects_one_minimal_set_is_found_in_few_evaluations():
    names, evaluated = [f"s{i}" for i in range(30)], []

    def shown(s):
        evaluated.append(s)
        return {"s3", "s17"} <= s
    assert sufficient(names, shown) == sets("s3 s17") and len(evaluated) == 32
    assert necessary(names, shown) in [sets("s3"), sets("s17")]


def test_shares_are_the_averages_over_all_orders_and_sum_to_one():
    draw, names = random.Random(0), ["a", "b", "c", "d"]
    for _ in range(20):
        values = {chosen: draw.gauss(0, 1) for chosen in subsets(names)}
        difference = values[frozenset(names)] - values[frozenset()]
        expected = dict.fromkeys(names, 0.0)
        orders = list(itertools.permutations(names))
        for order in orders:
            for position, name in enumerate(order):
                before = frozenset(order[:position])
                expected[name] += (values[before | {name}] - values[before]) / difference / len(orders)
        assert shares(names, values) == pytest.approx(expected)
        assert sum(shares(names, values).values()) == pytest.approx(1)


def test_a_share_can_be_negative_or_exceed_one():
    values = {frozenset(): 0.0, frozenset("a"): 3.0, frozenset("b"): -1.0, frozenset("ab"): 2.0}
    assert shares("ab", values) == pytest.approx({"a": 1.5, "b": -0.5})


def test_shares_need_a_difference_finite_values_and_few_suspects():
    values = {frozenset(): 0.0, frozenset("a"): float("nan"), frozenset("b"): 1.0, frozenset("ab"): 2.0}
    assert shares("ab", values) is None
    assert shares("a", {frozenset(): 1.0, frozenset("a"): 1.0}) is None
    assert shares("abcdefg", {chosen: float(len(chosen)) for chosen in subsets("abcdefg")}) is None
