"""What changes in a user's own program if its environment is replaced by another one; found as `check` does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Iterator

from compare.analysis.programs import check, metrics, peeling, runs
from compare.analysis.programs.check import Checked, Failed
from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.runs import Pair, ProcessEnded
from compare.analysis.upgrade import Cause, Change, Comparison, Key, Kind, Say
from compare.execution import program_arguments
from compare.execution.programs import Question


@dataclass
class OfProgram:
    """A user's own program."""

    program: str
    """FILE.py:NAME."""
    arguments: tuple[str, ...]
    """The other arguments of `check`."""
    folder: Path
    """Gets the logs of the workers."""
    kept: Pair | None = None
    """The last pair: its left worker, of the old environment, goes on to the next."""

    def question(self, old: str, new: str) -> Question:
        """The program in both environments as `check` compares two programs. Raises UsageError."""
        return program_arguments.read([f"{old}={self.program}", f"{new}={self.program}", *self.arguments])

    @property
    def names(self) -> tuple[str, ...]:
        """The program."""
        return (self.program,)

    def changes(self, old: str, new: str, say: Say) -> Iterator[Comparison]:
        """Compares the program in both environments, as `check` does."""
        with self.pair(old, new) as pair:
            checked = check.check(pair, say)
        if checked.ended_by is not None:
            raise checked.ended_by
        ended = tuple(f"{side}: {failure.message}" for side, failure in checked.failures.items()
                      if failure.process_ended)
        yield Comparison(changes_of(checked), checked, worker_errors=ended)

    def recognized(self, old: str, between: str, requested: Collection[Key]) -> frozenset[Key]:
        """The first difference, as far as that suffices; else everything, as `changes`."""
        kinds = [key.kind for key in requested]
        if kinds.count(Kind.STAGE) > 1 or Kind.REPORTED in kinds:
            return frozenset(change.key for comparison in self.changes(old, between, lambda what: None)
                             for change in comparison.changes)
        with self.pair(old, between) as pair:
            return first_changes(pair)

    @contextmanager
    def pair(self, old: str, new: str) -> Iterator[Pair]:
        """The workers of both environments; that of the old one is kept for the next pair."""
        left = self.kept.workers[0] if self.kept else None
        pair = self.kept = runs.started(self.question(old, new), self.folder / "runs", left)
        try:
            yield pair
        finally:
            runs.close(pair, keep_left=True)
            for file in (self.folder / "runs").glob("*.npz"):
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends the worker of the old environment."""
        if self.kept:
            runs.close(self.kept)


def first_changes(pair: Pair) -> frozenset[Key]:
    """Compares up to the first stage that differs, and the distributions of initial weights."""
    title = pair.question.left.title
    try:
        ready = check.prepared(pair, lambda what: None)
        result = Peeled(ready.left, ready.right, (ready.left, ready.right), list(ready.shaped))
        peeling.compare(result, ready.pairs)
        peeling.measure_noise(pair, result, ready.pairs)
    except Failed as error:
        return frozenset([failure_key(title)] if len(error.failures) == 1 else [])
    except ProcessEnded:
        return frozenset([failure_key(title)])
    last = result.compared[-1]
    return frozenset([Key(Kind.STAGE, title, str(last.stage))] * last.differs +
                     [Key(Kind.INITIALIZATION, title, difference.left) for difference in ready.initial])


def failure_key(title: str) -> Key:
    """The key of a program that fails in one environment."""
    return Key(Kind.FAILURE, title, "run")


def changes_of(checked: Checked) -> tuple[Change, ...]:
    """What changed, from the result of `check`; a stage that differs in several places counts once."""
    title = checked.question.left.title
    changes = {}
    if len(checked.failures) == 1:
        (side, failure), = checked.failures.items()
        ends = ("fails", "runs") if side == "left" else ("runs", "fails")
        changes[failure_key(title)] = Change(failure_key(title), "whether the program runs", failure.message, *ends)
    for item in checked.peeled.items if checked.peeled else ():
        key = Key(Kind.STAGE, title, str(item.stage))
        changes.setdefault(key, Change(key, "", place_of(item), *values_of(checked, item), item.size,
                                       tuple(Cause(cause.cause.rstrip(".")) for cause in item.causes)))
    for difference in checked.initial:
        key = Key(Kind.INITIALIZATION, title, difference.left)
        before, after = map(str, difference.drawn)
        changes[key] = Change(key, f"the initial values of `{difference.left}`", "", before, after)
    names = reported_names(checked)
    if names[0] != names[1]:
        key = Key(Kind.REPORTED, title, "names")
        changes[key] = Change(key, "the names that training reports", renamed(*names), ", ".join(names[0]),
                              ", ".join(names[1]))
    return tuple(changes.values())


def reported_names(checked: Checked) -> tuple[list[str], list[str]]:
    """The names under which the training of the unchanged program reports losses and metrics, on each side; none unless
    it ran on both."""
    ported = checked.float32.get("ported") or (checked.peeled.ported if checked.peeled else ())
    trained = bool(ported) and all("loss" in run.trace.arrays for run in ported)
    before, after = (sorted(run.arrays("metric")) for run in ported) if trained else ([], [])
    return before, after


def renamed(before: Collection[str], after: Collection[str]) -> str:
    """Which names are new and which are gone, as the end of a sentence."""
    gone, new = ([f"`{name}`" for name in names if name not in others]
                 for names, others in ((before, after), (after, before)))
    parts = [f"{', '.join(gone)} {'are' if gone[1:] else 'is'} gone, so that code that reads "
             f"{'them raises' if gone[1:] else 'it raises'} a `KeyError`"] if gone else []
    return "; ".join(parts + ([f"{', '.join(new)} {'are' if new[1:] else 'is'} new"] if new else []))


def place_of(item: Item) -> str:
    """The layer and line, or the parameter or step, where a difference is first seen."""
    operation = item.left or item.right
    if operation is not None:
        return f"`{operation.code}`" + (f" ({operation.place})" if operation.place.file else "")
    if item.stage is Stage.TRAINING and item.where:
        return item.where[0]
    return ", ".join(f"`{name}`" for name in item.where[:3]) if item.stage in (
        Stage.GRADIENT, Stage.UPDATE, Stage.METRIC) else ""


def values_of(checked: Checked, item: Item) -> tuple[str, str]:
    """The losses of the first step in float32 where it is the loss that differs, the numbers of the first metric that
    does; empty for what is no single number."""
    if item.stage is Stage.LOSS and "ported" in checked.float32:
        before, after = (float(run.trace["loss"][0]) for run in checked.float32["ported"])
        return f"{before:.6g}", f"{after:.6g}"
    ported = checked.peeled.ported if checked.peeled and item.stage is Stage.METRIC else ()
    for kind in metrics.KINDS if ported else ():
        ours, theirs = (metrics.named(run, kind, with_losses=True).get(item.where[0]) for run in ported)
        if ours is not None and theirs is not None and metrics.difference(ours, theirs) > metrics.TOLERANCE:
            return (f"{float(ours):.6g}", f"{float(theirs):.6g}") if ours.size == 1 else ("", "")
    return "", ""
