"""Parallel layers of the same shape, such as two heads: their outputs decide the pairs where graph and names do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
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
    """The pairs with the partners of parallel layers of the same shape exchanged: of every two, then of every three,
    such as those of queries, keys and values, each with the partner of the next one."""
    layers = [layer for layer, _ in same_names.unsure(left, pairing.paired_layers(left, right, pairs))]
    before = same_names.layers_before(left)
    for several in (*combinations(layers, 2), *combinations(layers, 3)):
        if any(same_names.roles(left, one) != same_names.roles(left, several[0]) or one in before.get(other, ())
               for one, other in permutations(several, 2)):
            continue
        for turned in range(1, len(several)):
            result = dict(pairs)
            for role in same_names.roles(left, several[0]):
                names = [f"{layer}.{role}" for layer in several]
                if all(name in pairs for name in names):
                    result.update(zip(names, (pairs[name] for name in names[turned:] + names[:turned])))
            yield result
