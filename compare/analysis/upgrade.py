"""What changes in a user's own program, or in scenarios, if its environment is replaced by another one.

`OfProgram` and `upgrade_scenarios.OfScenarios` answer the same two questions: everything that changed, with the
settings that cause it; and, of a third environment, which of these changes it has.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from pathlib import Path
from typing import Callable, Collection, Iterator, Protocol, Sequence

from compare.analysis.causes.questions import Suspect
from compare.analysis.programs import check, metrics, peeling, runs
from compare.analysis.programs.check import Checked, Failed
from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.runs import Pair, ProcessEnded
from compare.analysis.result import Result
from compare.execution import program_arguments
from compare.execution.programs import Question

Say = Callable[[str], None]
"""Called with a text that says what is being done."""


class Kind(str, Enum):
    """The kinds of changes."""

    STAGE = "stage"
    """A part of a step of the training, such as the loss, from the same weights on the same batch."""
    BEHAVIOUR = "behaviour"
    """A behaviour of a scenario holds in one environment and not in the other."""
    NUMBER = "number"
    """A loss or an accuracy of whole trainings, of which every compared step is the same."""
    INITIALIZATION = "initialization"
    """The distribution from which initial weights are drawn."""
    FAILURE = "failure"
    """A program runs in one environment only."""

    __str__ = str.__str__


@dataclass(frozen=True, order=True)
class Key:
    """Identifies a change in a third environment."""

    kind: Kind
    subject: str
    """The program; or the scenario and its variant."""
    name: str
    """The stage, behaviour, quantity or parameter."""


@dataclass(frozen=True)
class Cause:
    """Settings with which a change is removed, tried on the programs or frameworks themselves."""

    explanation: str
    """A sentence without its full stop."""
    fields: tuple[Suspect, ...] = ()
    """Of a scenario, the fields that the two environments resolve differently."""


@dataclass(frozen=True)
class Change:
    """A difference between the old and the new environment."""

    key: Key
    what: str
    """What changed: a noun with its article, without a number; empty for a stage of a program."""
    place: str = ""
    """Where it appears first: a layer with its line, or a step."""
    before: str = ""
    after: str = ""
    """Both values, formatted; empty if the change is not that of a single number."""
    size: float | None = None
    """The largest difference relative to the largest value; None where there is no size."""
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All changes, and what was compared."""

    changes: tuple[Change, ...]
    checked: Checked | None = None
    """Of a program: the result of `check`."""
    results: tuple[Result, ...] = ()
    """Of scenarios: the result of each."""
    worker_errors: tuple[str, ...] = ()


def joined(comparisons: Sequence[Comparison]) -> Comparison:
    """Several comparisons of the same two environments as one."""
    changes, results, errors = ([found for comparison in comparisons for found in part(comparison)] for part in (
        attrgetter("changes"), attrgetter("results"), attrgetter("worker_errors")))
    checked = next((comparison.checked for comparison in comparisons if comparison.checked is not None), None)
    return Comparison(tuple(changes), checked, tuple(results), tuple(dict.fromkeys(errors)))


class Subject(Protocol):
    """A program or scenarios, compared in two environments by the names of their frameworks; end it with `close`."""

    @property
    def names(self) -> tuple[str, ...]:
        """What is compared, one after the other: the program, or the scenarios."""

    def changes(self, old: str, new: str, say: Say) -> Iterator[Comparison]:
        """Everything that changed from one environment to the other: of each of `names`, as soon as it is known."""

    def recognized(self, old: str, between: str, requested: Collection[Key]) -> frozenset[Key]:
        """Which of the changes an environment between the two has, compared with the old one."""

    def close(self) -> None:
        """Ends its workers."""


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
        if len([key for key in requested if key.kind is Kind.STAGE]) > 1:
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
    return tuple(changes.values())


def place_of(item: Item) -> str:
    """The layer and line, or the parameter or step, where a difference is first seen."""
    operation = item.left or item.right
    if operation is not None:
        return f"`{operation.layer or operation.kind}`" + (f" ({operation.place})" if operation.place.file else "")
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
