"""Parallel layers of the same shape, such as two heads: their outputs decide the pairs where graph and names do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Iterator, Mapping

from compare.analysis.programs import forward_pass, pairing, same_names
from compare.analysis.programs.description import Run
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.runs import Change, Pair
from frameworks.runtime.program_arrays import read_arrays

MOST = 24
"""The largest number of exchanges that are tried."""


def by_outputs(pair: Pair, left: Run, right: Run, pairs: Pairs,
               changes: tuple[Change, ...] = ()) -> tuple[Run, dict[str, str]]:
    """The right program, with changes, and the pairs, with the partners of parallel layers exchanged where more
    operations agree then.

    The weights of the right program follow the pairs.
    """
    best, tried, given = dict(pairs), 0, read_arrays(pair.right.weights, "parameter")
    weights = {name: given[partner] for name, partner in pairs.items()}  # whole, where a run returns outlines
    agreeing, exchanged = len(pairing.pair_operations(left, right)), False
    again = forward_pass.forward(left, right, pairs).differs
    while again:
        again = False
        for candidate in exchanges(left, right, best):
            tried += 1
            setup = replace(pair.right, weights=pair.write("right", {
                f"parameter/{partner}": weights[name] for name, partner in candidate.items()}))
            run = pair.run("right", until=0, changes=changes, setup=setup)
            count = 0 if run.failure else len(pairing.pair_operations(left, run))
            if count > agreeing:
                best, agreeing, pair.right = candidate, count, setup
                exchanged = True
                again = forward_pass.forward(left, run, best).differs and tried < MOST
                break
            if tried >= MOST:
                break
    return (pair.run("right", changes=changes) if exchanged else right), best


def exchanges(left: Run, right: Run, pairs: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The pairs with the partners of two layers exchanged, for every two parallel layers of the same shape."""
    layers = pairing.paired_layers(left, right, pairs)
    before = same_names.layers_before(left)
    for first, second in combinations([layer for layer, _ in same_names.unsure(left, layers)], 2):
        ours = same_names.roles(left, first)
        if ours != same_names.roles(left, second) or first in before.get(second, ()) or second in before.get(first, ()):
            continue
        result = dict(pairs)
        for role in ours:
            names = f"{first}.{role}", f"{second}.{role}"
            if all(name in result for name in names):
                result[names[0]], result[names[1]] = result[names[1]], result[names[0]]
        yield result
