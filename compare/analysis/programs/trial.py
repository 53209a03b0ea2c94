"""Tries the suspects of one difference: a cause is what removes it when it is changed in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Iterable, Mapping, Sequence

from compare.analysis.programs import elsewhere, first_difference, second_batch
from compare.analysis.programs.comparison import ORDER, Comparison, Stage
from compare.analysis.programs.description import Operation, Run
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.runs import Change, Pair, ProcessEnded
from compare.analysis.programs.suspects import suspects
from compare.analysis.programs.suspects.suspect import Suspect

MOST_TOGETHER = 8
"""The largest number of suspects that are tried together, and then removed one by one."""


AFTER_TRAINING = (Stage.EVALUATION, Stage.METRIC)


@dataclass(frozen=True)
class Tried:
    """Both programs with the changes of some suspects, and the stages up to the first one that differs."""

    left: Run
    right: Run
    compared: Sequence[Comparison]


UNTIL = {Stage.FORWARD: 0, Stage.FORWARD_TRAINING: 1, Stage.LOSS: 1, Stage.GRADIENT: 1, Stage.UPDATE: 3}
"""The last step that shows whether a stage differs; the others need the whole training."""

Runs = dict[tuple[int, ...], "Tried | float"]
"""What was tried, by the indices of the suspects; where they do not remove the difference, how much they leave of it,
infinite if they bring one that is earlier."""
NEARLY = 0.03
"""A suspect that leaves at most this share of a difference is tried together with each of the others."""


@dataclass(frozen=True)
class Trial:
    """Tries suspects for one difference."""

    pair: Pair
    result: Peeled
    pairs: Pairs
    comparison: Comparison
    base: Mapping[str, object] | None
    """The fields of the right optimizer, unchanged."""

    def explained(self, left: Run, right: Run) -> Item:
        """The difference with its causes: the first suspect that removes it, else a minimal set of several."""
        comparison = self.comparison
        item = dict(stage=comparison.stage, size=comparison.size, where=tuple(comparison.where),
                    left=comparison.left, right=comparison.right)
        proposed = suspects(comparison, left, right, self.pairs)
        runs: Runs = {}
        for i in range(len(proposed)):
            if self.removes(proposed, (i,), runs):
                self.widen(proposed, i, runs, elsewhere.everywhere(proposed[i], comparison, left, right, self.pairs))
                return self.accepted(proposed, (i,), runs, item)
        for i in range(len(proposed)) if comparison.stage is Stage.FORWARD else ():
            wide = elsewhere.with_other_values(proposed[i], comparison, left, right, self.pairs)
            if self.widen(proposed, i, runs, wide) or \
                    self.widen(proposed, i, runs, elsewhere.in_every_call(proposed[i], right)):
                return self.accepted(proposed, (i,), runs, item)
        for together in [*self.two(proposed, runs), *groups(proposed)]:
            if len(together) > 1 and self.removes(proposed, together, runs):
                for left_out in (*combinations(together, 1), *combinations(together, 2)):  # two can undo each other
                    fewer = tuple(i for i in together if i not in left_out)
                    if fewer and set(left_out) <= set(together) and self.removes(proposed, fewer, runs):
                        together = fewer
                return self.accepted(proposed, together, runs, item)
        tried = tuple(dict.fromkeys(suspect.code for suspect in proposed if suspect.code))
        return Item(**item, tried=tried)  # type: ignore[arg-type]

    def two(self, proposed: Sequence[Suspect], runs: Runs) -> list[tuple[int, ...]]:
        """Combines the suspect that leaves the least of the difference, and nearly nothing, with each of the others."""
        left_over = {i: rest for i in range(len(proposed)) if isinstance(rest := runs[(i,)], float)}
        best = min(left_over, key=left_over.__getitem__, default=-1)
        if best < 0 or left_over[best] > NEARLY * self.comparison.size:
            return []
        return [tuple(sorted((best, i))) for i in range(len(proposed)) if i != best and not (
            proposed[i].alone and proposed[best].alone)]

    def removes(self, proposed: Sequence[Suspect], chosen: tuple[int, ...], runs: Runs) -> bool:
        """Whether the suspects remove the difference without causing an earlier one."""
        if chosen not in runs:
            suspects = [proposed[i] for i in chosen]
            tried = self.run(suspects)
            if tried is not None and self.further(tried) and any(suspect.whole for suspect in suspects):
                tried = self.run(suspects, whole=True)
            after = tried.compared[-1] if tried else None
            runs[chosen] = tried if tried is not None and self.removed(tried, suspects) else \
                after.size if after and after.stage is self.comparison.stage else float("inf")
        return isinstance(runs[chosen], Tried)

    def removed(self, tried: Tried, chosen: Sequence[Suspect]) -> bool:
        """Whether the difference is removed. Where a suspect needs it, the whole training has to agree; if the updates
        differ, the gradients, and those of another batch.
        """
        after = tried.compared[-1]
        if not self.further(tried) or not any(suspect.whole for suspect in chosen):
            return self.further(tried)
        if after.stage is Stage.UPDATE and after.differs:
            changes = {side: self.changes(side, chosen) for side in ("left", "right")}
            return second_batch.agrees(self.pair, changes, self.pairs)
        return not after.differs or after.stage in AFTER_TRAINING

    def widen(self, proposed: list[Suspect], i: int, runs: Runs, wide: Suspect) -> bool:
        """Puts a suspect with its changes in other places for the suspect `i`, if the programs then agree as far."""
        if wide is proposed[i]:
            return False
        before, tried = runs[(i,)], self.run([wide])
        if tried is None or not self.further(tried) or isinstance(before, Tried) and \
                progress(tried) < progress(before):
            return False
        proposed[i], runs[(i,)] = wide, tried
        return True

    def run(self, chosen: Sequence[Suspect], whole: bool = False) -> Tried | None:
        """Both programs with the changes of the suspects; None where they cannot run so. `whole`: with all steps."""
        runs = {"left": self.result.left, "right": self.result.right}
        for side in ("left", "right"):
            if any(suspect.side == side for suspect in chosen):
                try:
                    runs[side] = self.pair.run(side, changes=self.changes(side, chosen),
                                               until=None if whole else self.until)
                except ProcessEnded:  # of the change: the program has run without it
                    return None
                if runs[side].failure:
                    return None
        ported = self.result.ported[1]  # how it trains, which a short training or another optimizer does not show
        runs["right"] = replace(runs["right"], rates=ported.rates, accumulate=ported.accumulate,
                                clipping=ported.clipping)
        left, right = runs["left"], runs["right"]
        return Tried(left, right, first_difference.compared(left, right, self.pairs, self.result.noise))

    @property
    def until(self) -> int | None:
        """The last step that shows this difference; none once an output is replaced: then only the first batch is the
        same."""
        return 0 if any(item.replaced for item in self.result.items) else UNTIL.get(self.comparison.stage)

    def changes(self, side: str, chosen: Sequence[Suspect]) -> tuple[Change, ...]:
        """All changes of a side: those in place, and those of the suspects."""
        added = tuple(chain.from_iterable(suspect.changes for suspect in chosen if suspect.side == side))
        return merged(self.result.changes[side] + added, self.base)

    def further(self, tried: Tried) -> bool:
        """Whether two runs agree at this difference, and in everything before it."""
        after = tried.compared[-1]
        if not after.differs:
            return True
        before = ORDER.index(self.comparison.stage) - ORDER.index(after.stage)
        if before:
            return before < 0
        if after.stage is Stage.FORWARD:
            return position(tried.left, after.left) > position(tried.left, self.comparison.left)
        return set(after.where) < set(self.comparison.where)

    def accepted(self, proposed: Sequence[Suspect], chosen: tuple[int, ...], runs: Runs,
                 item: Mapping[str, object]) -> Item:
        """Applies the changes; returns the item with its causes."""
        causes = tuple(proposed[i] for i in chosen)
        for side in ("left", "right"):
            self.result.changes[side] = self.changes(side, causes)
        tried = runs[chosen]
        assert isinstance(tried, Tried)
        self.result.left, self.result.right, self.result.compared = tried.left, tried.right, list(tried.compared)
        same_stage = [each for each in tried.compared if each.stage is self.comparison.stage]
        after = same_stage[0].size if same_stage and not same_stage[0].differs else None
        return Item(**item, causes=causes, after=after)  # type: ignore[arg-type]


def groups(proposed: Sequence[Suspect]) -> list[tuple[int, ...]]:
    """The suspects that are tried together: all that can be, and Keras's loss in place of the program's with its
    penalties."""
    kinds = [{str(change["kind"]) for change in suspect.changes} for suspect in proposed]
    together = tuple(i for i, suspect in enumerate(proposed) if not suspect.alone)[:MOST_TOGETHER]
    losses = tuple(i for i, suspect in enumerate(proposed) if suspect.alone and kinds[i] == {"loss"})[:1]
    penalties = tuple(i for i, kind in enumerate(kinds) if kind == {"penalty"})
    related = [(i, j) for i, j in combinations(range(len(proposed)), 2)
               if proposed[i].family and proposed[i].family == proposed[j].family]
    return [*related[:MOST_RELATED], together, *([losses + penalties] if losses and penalties else [])]


MOST_RELATED = 28
"""So many pairs of one family are tried, which are those of eight suspects."""


def progress(tried: Tried) -> tuple[int, int]:
    """How far two runs agree: the stage, and the operation of the forward pass."""
    last = tried.compared[-1]
    return (ORDER.index(last.stage) if last.differs else len(ORDER),
            position(tried.left, last.left) if last.stage is Stage.FORWARD else 0)


def position(run: Run, operation: Operation | None) -> int:
    """The position of an operation in the forward pass; after all others if it is not in it."""
    keys = [each.key for each in run.operations]
    return keys.index(operation.key) if operation else len(keys)


def merged(changes: Iterable[Change], base: Mapping[str, object] | None) -> tuple[Change, ...]:
    """The changes with all fields of the optimizer in one of them, on top of the fields as ported."""
    kept, fields = [], dict(base or {})
    for change in changes:
        if change["kind"] == "optimizer" and "fields" in change:
            fields = {**fields, **change["fields"]}  # type: ignore[dict-item]
        else:
            kept.append(change)
    if fields != dict(base or {}):
        kept.append({"kind": "optimizer", "fields": fields})
    return tuple(kept)
