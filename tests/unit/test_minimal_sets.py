"""The search finds exactly the sets that a truth table has, and shares a gap as Shapley's formula does."""

import itertools
import random

import pytest

from compare.analysis.causes.minimal_sets import necessary, shares, subsets, sufficient


def sets(*names):
    return [frozenset(each.split()) for each in names]


@pytest.mark.parametrize("shown, adds, removes", [
    (lambda s: "a" in s, sets("a"), sets("a")),
    (lambda s: {"a", "b"} <= s, sets("a b"), sets("a", "b")),
    (lambda s: bool({"a", "b"} & s), sets("a", "b"), sets("a b")),
    (lambda s: "a" in s and bool({"b", "c"} & s), sets("a b", "a c"), sets("a", "b c")),
    (lambda s: len(s & {"a", "b", "c"}) >= 2, sets("a b", "a c", "b c"), sets("a b", "a c", "b c")),
], ids=["one", "only together", "either suffices", "one and either", "two of three"])
@pytest.mark.parametrize("more", ["", "x", "x y z"])
def test_all_minimal_sets_are_found_whatever_else_differs(shown, adds, removes, more):
    names = ["a", "b", "c", *more.split()]
    assert set(sufficient(names, shown)) == set(adds) and set(necessary(names, shown)) == set(removes)


def test_what_cannot_be_asked_makes_no_set():
    def shown(s):
        return None if "b" in s else "a" in s
    assert sufficient("ab", shown) == sets("a") and necessary("ab",
                                                              shown) == sets("a b"), "without a alone is not known"
    assert sufficient("ab", lambda s: None) == necessary("ab", lambda s: None) == []


def test_where_nothing_differs_or_nothing_helps_there_is_no_set():
    assert sufficient([], lambda s: False) == necessary([], lambda s: True) == []
    assert sufficient("ab", lambda s: False) == [] and necessary("ab", lambda s: True) == []


def test_of_many_suspects_one_minimal_set_is_found_in_few_questions():
    names, asked = [f"s{i}" for i in range(30)], []

    def shown(s):
        asked.append(s)
        return {"s3", "s17"} <= s
    assert sufficient(names, shown) == sets("s3 s17") and len(asked) == 32
    assert necessary(names, shown) in [sets("s3"), sets("s17")]


def test_shares_are_the_averages_over_all_orders_and_sum_to_one():
    draw, names = random.Random(0), ["a", "b", "c", "d"]
    for _ in range(20):
        number = {chosen: draw.gauss(0, 1) for chosen in subsets(names)}
        gap = number[frozenset(names)] - number[frozenset()]
        expected = dict.fromkeys(names, 0.0)
        orders = list(itertools.permutations(names))
        for order in orders:
            for place, name in enumerate(order):
                before = frozenset(order[:place])
                expected[name] += (number[before | {name}] - number[before]) / gap / len(orders)
        assert shares(names, number) == pytest.approx(expected)
        assert sum(shares(names, number).values()) == pytest.approx(1)


def test_a_share_can_be_negative_or_more_than_the_whole():
    number = {frozenset(): 0.0, frozenset("a"): 3.0, frozenset("b"): -1.0, frozenset("ab"): 2.0}
    assert shares("ab", number) == pytest.approx({"a": 1.5, "b": -0.5})


def test_there_are_no_shares_without_a_gap_without_a_number_and_of_too_many():
    number = {frozenset(): 0.0, frozenset("a"): float("nan"), frozenset("b"): 1.0, frozenset("ab"): 2.0}
    assert shares("ab", number) is None
    assert shares("a", {frozenset(): 1.0, frozenset("a"): 1.0}) is None
    assert shares("abcdefg", {chosen: float(len(chosen)) for chosen in subsets("abcdefg")}) is None
