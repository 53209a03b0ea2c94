"""Runs a whole check: reads both programs, gives them the same weights and data, and compares them."""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

from compare.analysis.programs import (
    alone,
    drawn_samples,
    function_weights,
    initialization,
    pairing,
    pairs_file,
    parallel_layers,
    repeated,
    same_weights,
    samples,
    settings,
    settings_table,
    unpaired,
    unusable,
)
from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.cost import Cost
from compare.analysis.programs.description import Failure, Run, is_port
from compare.analysis.programs.initialization import InitialDifference
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.peeling import Reached, peel
from compare.analysis.programs.repeated import Random
from compare.analysis.programs.runs import Pair, ProcessEnded
from compare.analysis.programs.settings import SettingsItem
from compare.analysis.programs.settings_table import Row
from compare.execution.programs import Question

SEEDS = 3
"""The number of seeds with which the programs draw their own initial weights, …"""
MANY = 10 ** 6
"""… unless they have more weights than this: then one seed is enough."""


@dataclass(frozen=True)
class Beside:
    """Measurements besides the stages."""

    rounding: float = 0.0
    """The relative change of a loss by rounding to float32 alone."""
    alone: Mapping[str, float] = field(default_factory=dict)
    """By left operation, the difference of its layer for the left input; measured if the outputs differ."""
    random: tuple[Random, ...] = ()
    """The parts that are random by themselves; searched if a difference is unexplained."""


@dataclass(frozen=True)
class Checked:
    """The result of `check`."""

    question: Question
    failures: Mapping[str, Failure]
    """By side, the exception of its code, or how its process ended; what was compared before is kept."""
    ended_by: BaseException | None
    """What ended the check early: Ctrl-C, or a disk that is full or gone; what was compared before is kept."""
    settings: tuple[SettingsItem, ...]
    """Differences that a single batch cannot show, such as the rate of a dropout."""
    peeled: Peeled | None
    pairs: Mapping[str, str]
    operations: Mapping[str, str]
    """By left operation of the unchanged programs, the right operation that computes the same."""
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]
    """The left and the right parameters without a partner that no item mentions."""
    data: str
    """The source of the data, as text."""
    float32: Mapping[str, tuple[Run, Run]]
    """The losses in float32, as users train: `ported` and, if there are changes, `changed`."""
    table: tuple[Row, ...]
    """Every setting of both sides."""
    initial: tuple[InitialDifference, ...]
    """Parameters that the programs initialize from different distributions."""
    beside: Beside
    cost: Cost
    warnings: tuple[str, ...]


def check(pair: Pair, reached: Reached = lambda what: None) -> Checked:
    """Compares the two programs of a pair.

    Raises WorkerDied where a framework cannot be imported, UsageError for unusable data.
    """
    try:
        ready = prepared(pair, reached)
    except (Failed, ProcessEnded) as error:
        failures = error.failures if isinstance(error, Failed) else {error.side: error.failure}
        return Checked(pair.question, failures, None, (), None, {}, {}, ((), ()), "", {}, (), (), Beside(),
                       pair.cost, ())
    left, right, pairs = ready.left, ready.right, ready.pairs
    result = Peeled(left, right, (left, right), list(ready.shaped))
    failures, float32, beside = {}, {}, Beside()
    ended_by: BaseException | None = None
    try:
        pairs = peel(pair, result, pairs, reached)
        float32 = in_float32(pair, result)
        beside = measured_beside(pair, result, pairs, float32)
    except ProcessEnded as error:
        failures = {error.side: error.failure}
    except (KeyboardInterrupt, OSError) as error:
        ended_by = error
    operations = pairing.pair_operations(left, right)
    return Checked(pair.question, failures, ended_by, settings.differences(left, right, pairs), result, pairs,
                   operations, (unpaired.without_partner(left, pairs, result),
                                unpaired.without_partner(right, pairs.values(), result)), ready.data, float32,
                   settings_table.table(left, right, pairs, operations), ready.initial, beside, pair.cost,
                   (*left.warnings, *right.warnings, *result.remarks, *repeated.drawn_alike(left, right),
                    *settings.not_drawn(left, right), *unusable.loss_becomes_nan(left, right)))


@dataclass(frozen=True)
class Ready:
    """Both programs, unchanged, with the same weights and data."""

    left: Run
    right: Run
    pairs: Mapping[str, str]
    data: str
    initial: tuple[InitialDifference, ...]
    shaped: list[Item]
    """Parameters with other shapes, which now have those of the left program."""


class Failed(Exception):
    """A program cannot be compared: by side, the exception of its code."""

    def __init__(self, failures: Mapping[str, Failure]) -> None:
        super().__init__()
        self.failures = failures


def prepared(pair: Pair, reached: Reached) -> Ready:
    """Runs both programs, and gives them the same data and weights. Raises Failed or ProcessEnded."""
    pair.left, pair.right = (replace(setup, trained=file) for setup, file in
                             zip((pair.left, pair.right), pair.question.trained))
    left, right = usable(*pair.both(until=0))
    source = samples.prepare(pair, left, right)
    reached("data")
    left, right = pair.both(until=0, whole=True)
    right, layout = samples.fitted(pair, right)
    left, right = usable(left, right)
    right = unpaired.with_parts(pair, left, function_weights.laid_out(pair, left, right))
    shaped, right, pairs = unpaired.with_shapes(pair, left, right, pairing.pair_parameters(left, right))
    pairs = pairs_file.mapped(pair.question.map, left, right, pairs)
    shaped_names = {name for item in shaped for name in item.where}  # which have no initial values of their own
    initial = initial_differences(pair, left, right, {name: partner for name, partner in pairs.items()
                                                      if name not in shaped_names})
    same_weights.give_weights(pair, left, pairs)
    if pair.question.load or left.arrays("mask"):
        left = pair.run("left")
        pair.right = replace(pair.right, data=samples.with_results_of_keras(pair, left), load=pair.question.load)
        right = pair.run("right")
    else:
        left, right = pair.both()
    try:
        left, right = usable(left, right)
    except Failed as error:
        raise Failed(drawn_samples.with_what_was_drawn(error.failures, samples.targets_of(pair))
                     if pair.question.data is None else error.failures) from None
    if not pair.question.copied_by:
        right = unpaired.arranged(pair, left, right)
    if pair.question.copied_by:
        right = same_weights.without_rounding(pair, left, right, pairs)
    elif pair.question.pairs_are_ours and is_port(left, right):
        right, pairs = parallel_layers.by_outputs(pair, left, right, pairs)
    reached("programs")
    return Ready(left, right, pairs, source + layout, initial, shaped)


def measured_beside(pair: Pair, result: Peeled, pairs: Mapping[str, str],
                    float32: Mapping[str, tuple[Run, Run]]) -> Beside:
    """Measures the effect of rounding, each layer alone if the outputs differ, and randomness if a difference is
    unexplained.
    """
    differs = any(item.stage is Stage.FORWARD for item in result.items)
    return Beside(repeated.float32_noise(pair, float32["ported"]) if float32 else 0.0,
                  alone.differences(pair, *result.ported, pairs) if differs else {},
                  () if result.complete else repeated.random_parts(pair))


def initial_differences(pair: Pair, left: Run, right: Run, pairs: Mapping[str, str]) -> tuple[InitialDifference, ...]:
    """Compares the distributions of the programs' own initial weights, with several seeds unless there are many
    weights.

    Returns nothing for programs with trained weights.
    """
    question = pair.question
    if any(question.trained) or any(not side.function["name"] for side in (question.left, question.right)):
        return ()
    few = sum(value.size for value in left.arrays("parameter").values()) < MANY
    more = [pair.both(until=0, whole=True, seed=question.seed + i) for i in range(1, SEEDS)] if few else []
    return initialization.differences([left, *(run for run, _ in more)], [right, *(run for _, run in more)], pairs)


def usable(left: Run, right: Run) -> tuple[Run, Run]:
    """Returns the runs if both can be compared. Raises Failed."""
    failures = {side: run.failure for side, run in (("left", left), ("right", right)) if run.failure} or \
        unusable.not_a_number(left, right)
    if failures:
        raise Failed(failures)
    return left, right


def in_float32(pair: Pair, result: Peeled) -> dict[str, tuple[Run, Run]]:
    """Both trainings in float32, unchanged and with the changes."""
    reshaped = any(change["kind"] != "in_parts" for change in pair.right.changes)
    if reshaped or any("loss" not in run.trace.arrays for run in (result.left, result.right)):
        # with parameters of other shapes, no training as ported
        return {}
    runs = {"ported": pair.both("float32")}
    changed = any(result.changes.values()) and any(item.causes for item in result.items)
    if changed and not any(item.replaced for item in result.items):
        left, right = (pair.run(side, "float32", changes=changes) if changes else ported
                       for ported, (side, changes) in zip(runs["ported"], result.changes.items()))
        runs["changed"] = (left, right)
    return runs
