"""The whole of `check`: reads both programs, gives them the same weights and data, and compares them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Mapping

import numpy as np

from compare.analysis.programs import pairing, samples, settings, stages
from compare.analysis.programs.description import Array, Failure, Run
from compare.analysis.programs.items import Peeled
from compare.analysis.programs.peeling import Reached, peeled
from compare.analysis.programs.runs import Pair
from compare.analysis.programs.settings import SettingsItem
from compare.execution.programs import Question

NUDGE = 0.05
"""The size of what is added to parameters that begin at 0 or 1, since a difference at equal values would not show."""


@dataclass(frozen=True)
class Checked:
    """What `check` found."""

    question: Question
    failures: Mapping[str, Failure]
    """By side, what its own code raised; then nothing was compared."""
    settings: tuple[SettingsItem, ...]
    """Differences that one batch cannot show, such as the rate of a dropout."""
    peeled: Peeled | None
    pairs: Mapping[str, str]
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]
    """Parameters of the left and of the right that have no partner."""
    data: str
    """Where the data is from, in words."""
    float32: Mapping[str, tuple[Run, Run]]
    """As the user runs them: `ported` and, where there are changes, `changed`."""
    seconds: float
    runs: int
    warnings: tuple[str, ...]


def check(pair: Pair, reached: Reached = lambda what: None) -> Checked:
    """Compares the two programs of a pair. Raises WorkerDied where a process ends, UsageError for unusable data."""
    begun = time.monotonic()
    pair.left, pair.right = (replace(setup, trained=file) for setup, file in
                             zip((pair.left, pair.right), pair.question.trained))
    left, right = pair.both(steps=0)
    failures = failed(left, right)
    if failures:
        return unfinished(pair, failures, begun)
    source = samples.prepare(pair, left, right)
    reached("data")
    left, right = pair.both(steps=0)
    right, said = samples.fitted(pair, right)
    source += said
    failures = failed(left, right)
    if failures:
        return unfinished(pair, failures, begun, source)
    pairs = {**pairing.pair_parameters(left, right), **samples.mapped(pair.question, left, right)}
    give_weights(pair, left, pairs)
    left = pair.run("left")
    if pair.question.load:
        pair.right = replace(pair.right, data=samples.with_listed(pair, left), load=pair.question.load)
    right = pair.run("right")
    failures = failed(left, right)
    if failures:
        return unfinished(pair, failures, begun, source)
    if pair.question.copied_by:
        right = without_rounding(pair, left, right, pairs)
    reached("programs")
    result = peeled(pair, left, right, pairs, reached)
    unpaired = (tuple(name for name in left.parameters if name not in pairs),
                tuple(name for name in right.parameters if name not in pairs.values()))
    return Checked(pair.question, {}, settings.differences(left, right), result, pairs, unpaired, source,
                   in_float32(pair, result), time.monotonic() - begun, pair.runs,
                   (*left.warnings, *right.warnings))


def failed(left: Run, right: Run) -> dict[str, Failure]:
    """The failures of the programs by side."""
    return {side: run.failure for side, run in (("left", left), ("right", right)) if run.failure}


def unfinished(pair: Pair, failures: Mapping[str, Failure], begun: float, source: str = "") -> Checked:
    """What is known if a program fails."""
    return Checked(pair.question, failures, (), None, {}, ((), ()), source, {}, time.monotonic() - begun, pair.runs, ())


def give_weights(pair: Pair, left: Run, pairs: Mapping[str, str]) -> None:
    """Gives both programs the left's initial weights, with what begins at equal values moved a little; the weights of
    files stay as they are."""
    weights = left.arrays("parameter")
    if not any(pair.question.trained):
        weights = {name: moved_a_little(name, value, i) for i, (name, value) in enumerate(weights.items())}
    pair.left = replace(pair.left, weights=pair.write("left", {f"parameter/{name}": value
                                                              for name, value in weights.items()}))
    if not pair.question.copied_by:
        pair.right = replace(pair.right, weights=pair.write("right", {
            f"parameter/{other}": weights[one] for one, other in pairs.items()}))


def without_rounding(pair: Pair, left: Run, right: Run, pairs: Mapping[str, str]) -> Run:
    """The right run with the left's weights in full where the user's copies are rounded, as to float32."""
    ours, theirs = left.arrays("parameter"), right.arrays("parameter")
    where = stages.parameters(left, right, pairs).where
    rounded = {f"parameter/{other}": ours[one] for one, other in pairs.items()
               if one not in where and not np.array_equal(ours[one], theirs[other])}
    if not rounded:
        return right
    pair.right = replace(pair.right, weights=pair.write("right", rounded))
    return pair.run("right")


def moved_a_little(name: str, value: Array, seed: int) -> Array:
    """A parameter; one whose values are all the same gets small random differences, positive for a variance."""
    if value.size and np.ptp(value) == 0:
        noise = NUDGE * np.random.default_rng(seed).normal(size=value.shape)
        return value + (np.abs(noise) if "variance" in name else noise)
    return value


def in_float32(pair: Pair, result: Peeled) -> dict[str, tuple[Run, Run]]:
    """Both trainings in float32, as ported and with the changes."""
    if not result.left or "loss" not in result.left.trace.arrays:
        return {}
    runs = {"ported": pair.both("float32")}
    if any(result.changes.values()) and not any(item.replaced for item in result.items):
        runs["changed"] = (pair.run("left", "float32", changes=result.changes["left"]),
                           pair.run("right", "float32", changes=result.changes["right"]))
    return runs
