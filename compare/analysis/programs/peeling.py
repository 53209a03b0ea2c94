"""Finds the differences one after the other, each with the changes applied that removed those before."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Mapping

from compare.analysis.programs import first_difference, parallel_layers, stages, unpaired
from compare.analysis.programs.agreement import layouts, relative_difference
from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Array, Place, is_port
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.repeated import nudged
from compare.analysis.programs.runs import Pair, ProcessEnded
from compare.analysis.programs.suspects import parameters
from compare.analysis.programs.suspects.difference import region
from compare.analysis.programs.suspects.optimizer_fields import fields_of
from compare.analysis.programs.suspects.suspect import Suspect
from compare.analysis.programs.trial import Trial, Tried, progress

MOST_ITEMS = 12
"""The largest number of differences that are searched; programs with more are not ports of each other."""

Reached = Callable[[str], None]
"""Called with a text that says what is being compared."""


def peel(pair: Pair, result: Peeled, pairs: Pairs, reached: Reached) -> Pairs:
    """Compares, explains and changes until nothing differs, or the rest cannot be explained; fills `result`."""
    right = result.right
    base = fields_of(right) if right.optimizer and right.is_torch and right.trains else None
    replaced: dict[str, str] = {}
    leave_out(pair, result, pairs)
    compare(result, pairs)
    while True:
        keep_what_moves_at_random(pair, result, pairs)
        measure_noise(pair, result, pairs)
        comparison = result.compared[-1]
        if not comparison.differs and result.unfinished:
            complete(pair, result)
            compare(result, pairs)
            continue
        if not comparison.differs or len(result.items) == MOST_ITEMS:
            return pairs
        reached(comparison.stage)
        if comparison.stage is Stage.PARAMETERS:
            result.items.append(copied(pair, result, comparison, pairs))
            compare(result, pairs)
            continue
        if comparison.stage is Stage.FORWARD and result.items and result.items[-1].causes and \
                pair.question.pairs_are_ours and is_port(result.left, result.right):
            result.right, exchanged = parallel_layers.by_outputs(pair, result.left, result.right, pairs,
                                                                 result.changes["right"])
            if exchanged != pairs:
                pairs = exchanged
                compare(result, pairs)
                continue
        trial = Trial(pair, result, pairs, comparison, base)
        item = trial.explained(result.left, result.right)
        if not item.causes and comparison.stage is Stage.FORWARD and comparison.left and comparison.right and \
                right.is_torch:
            item = with_replaced(pair, result, item, replaced, pairs)
            if item.replaced:
                compare(result, pairs)
        result.items.append(item)
        if not item.causes and not item.replaced:
            return pairs


def compare(result: Peeled, pairs: Pairs) -> None:
    """Compares both programs in their current state, up to the first stage that differs."""
    result.compared = first_difference.compared(result.left, result.right, pairs, result.noise)


def complete(pair: Pair, result: Peeled) -> None:
    """Trains both programs to the end, with the changes applied. Raises ProcessEnded if one of them cannot be trained.
    """
    for side in result.unfinished:
        run = pair.run(side, changes=result.changes[side])
        if run.failure:
            raise ProcessEnded(side, run.failure)
        setattr(result, side, run)


def leave_out(pair: Pair, result: Peeled, pairs: Pairs) -> None:
    """Excludes parameters that only one program has, so that the rest can be compared."""
    item = unpaired.left_out(pair, result.left, result.right, pairs)
    if item is None:
        return
    result.items.append(item)
    runs = {"left": result.left, "right": result.right}
    for side in ("left", "right"):
        changes = tuple(change for cause in item.causes if cause.side == side for change in cause.changes)
        if changes:
            result.changes[side] += changes
            runs[side] = pair.run(side, changes=result.changes[side])
    result.left, result.right = runs["left"], runs["right"]


def copied(pair: Pair, result: Peeled, comparison: Comparison, pairs: Pairs) -> Item:
    """Corrects weights that the user's own code has copied wrongly, so that the rest can be compared."""
    found = parameters.copied_wrongly(comparison, result.left, result.right, pairs)
    values = result.left.arrays("parameter")
    pair.right = replace(pair.right, weights=pair.write("right", {f"parameter/{partner}": values[name]
                                                                  for name, partner in pairs.items()}))
    result.right = pair.run("right", changes=result.changes["right"])
    place = Place(pair.question.copied_by, 0)
    causes = tuple(Suspect((), sentence, parameters.copying(name, result.left, result.right, pairs)
                           if pair.question.load else f"copy `{name}` to `{pairs[name]}` in Keras's layout", place,
                           copied=how)
                   for name, (how, sentence) in zip(comparison.where, found))
    return Item(comparison.stage, comparison.size, tuple(comparison.where), None, None, causes,
                after=stages.parameters(result.left, result.right, pairs).size)


def with_replaced(pair: Pair, result: Peeled, item: Item, replaced: dict[str, str], pairs: Pairs) -> Item:
    """Replaces the right output at an unexplained difference by the left one, so that the rest can be compared."""
    assert item.left and item.right
    most, best = progress(Tried(result.left, result.right, result.compared)), None
    tried = 0
    for operation in region(item.right, result.right, result.compared[-1].paired or {}):
        named = {**replaced, operation.key: item.left.key}
        arrays = outputs_of_the_left(result, named)
        if not arrays or operation.key in replaced or tried == MOST_REPLACED:
            continue
        tried += 1
        setup = replace(pair.of("right")[2], replaced=pair.write("replaced", arrays))
        changes = (*result.changes["right"], {"kind": "output", "operation": operation.key})
        right = pair.run("right", until=0, changes=changes, setup=setup)
        compared = first_difference.compared(result.left, right, pairs, result.noise) if not right.failure else []
        reached = progress(Tried(result.left, right, compared)) if compared else most
        if reached > most or best is not None and reached == most:  # of several, the last: nothing comes on top
            most, best = reached, (named, changes, setup, right)
    if best is None:
        return item
    named, result.changes["right"], pair.right, result.right = best
    replaced.update(named)
    return replace(item, replaced=True)


MOST_REPLACED = 8
"""So many operations are tried."""


def outputs_of_the_left(result: Peeled, replaced: Mapping[str, str]) -> dict[str, Array]:
    """The left's outputs for right operations, in their layout; none where one has another shape."""
    ours, theirs = result.left.arrays("forward"), result.right.arrays("forward")
    arrays: dict[str, Array] = {}
    for key, left_key in replaced.items():
        fitting = [layout for layout in layouts(ours[left_key]) if layout.shape == theirs[key].shape]
        if not fitting:
            return {}
        arrays[f"forward/{key}"] = min(fitting, key=lambda layout: relative_difference(layout, theirs[key]))
    return arrays


def keep_what_moves_at_random(pair: Pair, result: Peeled, pairs: Pairs) -> None:
    """Keeps parameters with a gradient of nothing but rounding as they are, where an optimizer such as Lion moves them
    as far as any other: what depends on them, such as a moving mean after a bias, can then be compared."""
    last = result.compared[-1]
    if not last.differs or last.stage not in AFTER_UPDATES or result.kept or \
            any(item.replaced for item in result.items):
        return
    result.kept = tuple(stages.moved_at_random(result.left, result.right, pairs))
    if not result.kept:
        return
    for side, names in (("left", result.kept), ("right", tuple(pairs[name] for name in result.kept))):
        result.changes[side] += tuple({"kind": "trainable", "parameter": name, "value": False} for name in names)
    complete(pair, result)
    compare(result, pairs)


AFTER_UPDATES = (Stage.UPDATE, Stage.TRAINING, Stage.EVALUATION)


def measure_noise(pair: Pair, result: Peeled, pairs: Pairs) -> None:
    """Measures a small difference of the training against nudged weights, and compares again."""
    last = result.compared[-1]
    if last.differs and last.stage in first_difference.NOISY and last.stage not in result.noise and (
            last.size < SMALL or last.stage in (Stage.TRAINING, Stage.EVALUATION) or result.left.float32_inside or
            result.right.float32_inside):
        complete(pair, result)
        side = "right" if result.right.float32_inside and not result.left.float32_inside else "left"
        run, (_, _, setup) = getattr(result, side), pair.of(side)
        moved = pair.run(side, changes=result.changes[side],
                         setup=nudged(pair, setup, "float32" if run.float32_inside else "float64"))
        result.noise = first_difference.noise(run, moved)
        compare(result, pairs)


SMALL = 1e-4
"""A difference above this is too large for rounding in float64, before the losses of a training are compared."""
