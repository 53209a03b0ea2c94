"""What changes in a user's own program, or in scenarios, if its environment is replaced by another one.

`upgrade_programs.OfProgram` and `upgrade_scenarios.OfScenarios` answer the same two questions: everything that changed,
with the settings that cause it; and, of a third environment, which of these changes it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Callable, Collection, Iterator, Protocol, Sequence

from compare.analysis.causes.questions import Suspect
from compare.analysis.programs.check import Checked
from compare.analysis.result import Result

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
    REPORTED = "reported"
    """The names under which a training reports its losses and metrics."""
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
