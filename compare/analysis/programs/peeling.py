"""Finds one difference after the other: confirms its cause by a change in memory, and goes on with the change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Callable, Iterable, Mapping, Sequence

import numpy as np

from compare.analysis.programs import stages
from compare.analysis.programs.description import Operation, Place, Run
from compare.analysis.programs.pairing import Pairs, layouts, relative_difference
from compare.analysis.programs.runs import Change, Pair
from compare.analysis.programs.stages import ORDER, Comparison, Stage
from compare.analysis.programs.suspects import parameters, suspects
from compare.analysis.programs.suspects.suspect import Suspect
from compare.analysis.programs.suspects.update import fields_of

MOST_ITEMS = 12
"""So many differences are looked for; programs with more are not ports of each other."""
MOST_TOGETHER = 8
"""So many suspects are tried together, and then left out one by one."""


@dataclass(frozen=True)
class Item:
    """One difference of the two programs, and its cause if one is confirmed."""

    stage: Stage
    size: float
    """The largest relative difference in float64."""
    where: tuple[str, ...]
    """The left parameters, outputs or steps that differ."""
    left: Operation | None
    right: Operation | None
    causes: tuple[Suspect, ...] = ()
    """Empty: nothing known explains it. All of them together make the stage match, none can be left out."""
    after: float | None = None
    """The difference of the same stage with the causes changed; None where a later part of it still differs."""
    replaced: bool = False
    """Whether the rest was compared with the left's output in place of the right's."""
    tried: tuple[str, ...] = ()
    """Suspects that did not make the stage match."""

    @property
    def by_design(self) -> bool:
        """Whether the frameworks differ here, whatever the user writes."""
        return bool(self.causes) and all(cause.by_design for cause in self.causes)

    @property
    def place(self) -> Place:
        """The line to change, or where the difference was seen."""
        if self.causes:
            return self.causes[0].place
        return next((operation.place for operation in (self.right, self.left) if operation and operation.place.file),
                    Place())


@dataclass
class Peeled:
    """All differences in order, and the last comparison: with every confirmed change in place."""

    items: list[Item] = field(default_factory=list)
    compared: list[Comparison] = field(default_factory=list)
    changes: dict[str, tuple[Change, ...]] = field(default_factory=lambda: {"left": (), "right": ()})
    left: Run | None = None
    right: Run | None = None
    ported: tuple[Run, Run] | None = None
    """Both programs as they are."""

    @property
    def complete(self) -> bool:
        """Whether everything agrees in the end, with the changes."""
        return not self.compared[-1].differs and not any(item.replaced or not item.causes for item in self.items)


Reached = Callable[[str], None]
"""Is told what is compared now."""


def peeled(pair: Pair, left: Run, right: Run, pairs: Pairs, reached: Reached) -> Peeled:
    """Compares, explains and changes until nothing differs, or the rest cannot be explained."""
    result = Peeled(left=left, right=right, ported=(left, right))
    base = fields_of(right) if right.optimizer and right.framework == "lightning" and right.trains else None
    replaced: dict[str, str] = {}
    result.items += unpaired_biases(pair, result, pairs)
    while True:
        left, right = result.left, result.right  # type: ignore[assignment]
        result.compared = compared_with_noise(pair, result, left, right, pairs)
        found = result.compared[-1]
        if not found.differs or len(result.items) == MOST_ITEMS:
            return result
        reached(found.stage)
        if found.stage is Stage.PARAMETERS:
            result.items.append(copied(pair, result, found, pairs))
            continue
        trial = Trial(pair, result, pairs, found, base)
        item = trial.explained(left, right)
        if not item.causes and found.stage is Stage.FORWARD and found.left and found.right and \
                found.right.key not in replaced:
            replaced[found.right.key] = found.left.key
            item = with_replaced(pair, result, item, replaced)
        result.items.append(item)
        if not item.causes and not item.replaced:
            return result


def unpaired_biases(pair: Pair, result: Peeled, pairs: Pairs) -> list[Item]:
    """Biases that only the right program has: they are set to zero and not trained, and the rest is compared."""
    assert result.left and result.right
    names = parameters.not_in_keras(result.left, result.right, pairs) if result.right.framework == "lightning" else []
    if not names:
        return []
    causes = tuple(Suspect(({"kind": "without", "parameter": name},),
                           f"Only the PyTorch program has `{name}`; Keras's layer has no such bias.",
                           f"bias=False in {result.right.parameters[name].layer}",
                           parameters.place_of(name, result.right)) for name in names)
    result.changes["right"] += tuple(change for cause in causes for change in cause.changes)
    result.right = pair.run("right", changes=result.changes["right"])
    return [Item(Stage.PARAMETERS, float("inf"), tuple(names), None, None, causes)]


def copied(pair: Pair, result: Peeled, found: Comparison, pairs: Pairs) -> Item:
    """Weights that the user's own code has copied wrongly: they are set right, and the rest is compared."""
    assert result.left and result.right
    sentences = parameters.copied_wrongly(found, result.left, result.right, pairs)
    values = result.left.arrays("parameter")
    pair.right = replace(pair.right, weights=pair.write("right", {f"parameter/{other}": values[one]
                                                                  for one, other in pairs.items()}))
    result.right = pair.run("right", changes=result.changes["right"])
    function = pair.question.load
    place = Place(Path(function["file"]).name, 0) if function else Place()
    causes = tuple(Suspect((), sentence, f"{place.file or 'the weights'}: copy `{name}` as Keras lays it out", place)
                   for name, sentence in zip(found.where, sentences))
    return Item(found.stage, found.size, tuple(found.where), None, None, causes,
                after=stages.parameters(result.left, result.right, pairs).size)


def with_replaced(pair: Pair, result: Peeled, item: Item, replaced: Mapping[str, str]) -> Item:
    """Replaces the right output at an unexplained difference, so that what comes after is still compared."""
    assert result.left and result.right
    ours, theirs = result.left.arrays("forward"), result.right.arrays("forward")
    arrays = {}
    for key, one in replaced.items():
        fitting = [layout for layout in layouts(ours[one]) if layout.shape == theirs[key].shape]
        if not fitting:
            return item
        arrays[f"forward/{key}"] = min(fitting, key=lambda layout: relative_difference(layout, theirs[key]))
    pair.right = replace(pair.right, replaced=pair.write("replaced", arrays))
    result.changes["right"] += ({"kind": "output", "operation": item.right.key},)  # type: ignore[union-attr]
    result.right = pair.run("right", steps=0, changes=result.changes["right"])
    return replace(item, replaced=True)


def compared_with_noise(pair: Pair, result: Peeled, left: Run, right: Run, pairs: Pairs) -> list[Comparison]:
    """The stages; a difference that only arises during training is measured against a nudge of the weights."""
    found = stages.compared(left, right, pairs)
    if found[-1].differs and found[-1].stage in (Stage.TRAINING, Stage.EVALUATION):
        return stages.compared(left, right, pairs, noise(pair, result, left))
    return found


def noise(pair: Pair, result: Peeled, left: Run) -> float:
    """What nudging every weight of the left program by one unit in the last place makes of its losses."""
    nudged = {f"parameter/{name}": np.nextafter(value, np.inf) for name, value in left.arrays("parameter").items()}
    other = pair.run("left", changes=result.changes["left"],
                     setup=replace(pair.left, weights=pair.write("nudged", nudged)))
    return stages.training(left, other, 0.0).size


@dataclass(frozen=True)
class Trial:
    """Tries suspects for one difference."""

    pair: Pair
    result: Peeled
    pairs: Pairs
    found: Comparison
    base: Mapping[str, object] | None
    """The fields of the right optimizer as ported."""

    def explained(self, left: Run, right: Run) -> Item:
        """The difference with its causes: the first suspect that removes it, else a minimal set of several."""
        found = self.found
        item = dict(stage=found.stage, size=found.size, where=tuple(found.where), left=found.left, right=found.right)
        proposed = suspects(found, left, right, self.pairs)
        runs: dict[tuple[int, ...], tuple[Run, Run] | None] = {}
        for i in range(len(proposed)):
            if self.removes(proposed, (i,), runs):
                return self.accepted(proposed, (i,), runs, item)
        together = tuple(range(min(len(proposed), MOST_TOGETHER)))
        if len(together) > 1 and self.removes(proposed, together, runs):
            for i in tuple(together):
                fewer = tuple(j for j in together if j != i)
                if fewer and self.removes(proposed, fewer, runs):
                    together = fewer
            return self.accepted(proposed, together, runs, item)
        return Item(**item, tried=tuple(suspect.cause for suspect in proposed))  # type: ignore[arg-type]

    def removes(self, proposed: Sequence[Suspect], chosen: tuple[int, ...],
                runs: dict[tuple[int, ...], tuple[Run, Run] | None]) -> bool:
        """Whether the suspects remove the difference and bring none that is earlier."""
        if chosen not in runs:
            runs[chosen] = self.run([proposed[i] for i in chosen])
        both = runs[chosen]
        return both is not None and self.further(*both)

    def run(self, chosen: Sequence[Suspect]) -> tuple[Run, Run] | None:
        """Both programs with the changes of the suspects; None where they cannot run so."""
        assert self.result.left and self.result.right
        runs = {"left": self.result.left, "right": self.result.right}
        for side in ("left", "right"):
            if any(suspect.side == side for suspect in chosen):
                runs[side] = self.pair.run(side, changes=self.changes(side, chosen), steps=self.steps)
                if runs[side].failure:
                    return None
        return runs["left"], runs["right"]

    @property
    def steps(self) -> int | None:
        """No steps once an output is replaced: then only the first batch is the same."""
        return 0 if any(item.replaced for item in self.result.items) else None

    def changes(self, side: str, chosen: Sequence[Suspect]) -> tuple[Change, ...]:
        """All changes of a side: those in place, and those of the suspects."""
        added = tuple(chain.from_iterable(suspect.changes for suspect in chosen if suspect.side == side))
        return merged(self.result.changes[side] + added, self.base)

    def further(self, left: Run, right: Run) -> bool:
        """Whether two runs agree at this difference, and in everything before it."""
        after = stages.compared(left, right, self.pairs)[-1]
        if not after.differs:
            return True
        before = ORDER.index(self.found.stage) - ORDER.index(after.stage)
        if before:
            return before < 0
        if after.stage is Stage.FORWARD:
            return position(left, after.left) > position(left, self.found.left)
        return set(after.where) < set(self.found.where)

    def accepted(self, proposed: Sequence[Suspect], chosen: tuple[int, ...],
                 runs: Mapping[tuple[int, ...], tuple[Run, Run] | None], item: Mapping[str, object]) -> Item:
        """Puts the changes in place; returns the item with its causes."""
        causes = tuple(proposed[i] for i in chosen)
        for side in ("left", "right"):
            self.result.changes[side] = self.changes(side, causes)
        both = runs[chosen]
        assert both is not None
        self.result.left, self.result.right = both
        same_stage = [one for one in stages.compared(*both, self.pairs) if one.stage is self.found.stage]
        after = same_stage[0].size if same_stage and not same_stage[0].differs else None
        return Item(**item, causes=causes, after=after)  # type: ignore[arg-type]


def position(run: Run, operation: Operation | None) -> int:
    """Where an operation stands in the forward pass; behind all if there is none."""
    keys = [each.key for each in run.operations]
    return keys.index(operation.key) if operation else len(keys)


def merged(changes: Iterable[Change], base: Mapping[str, object] | None) -> tuple[Change, ...]:
    """The changes with all fields of the optimizer in one of them, on top of the fields as ported."""
    others, fields = [], dict(base or {})
    for change in changes:
        if change["kind"] == "optimizer" and "fields" in change:
            fields = {**fields, **change["fields"]}  # type: ignore[dict-item]
        else:
            others.append(change)
    if fields != dict(base or {}):
        others.append({"kind": "optimizer", "fields": fields})
    return tuple(others)
