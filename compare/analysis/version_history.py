"""Since when and until when: one behaviour in every Keras that is installed, and what makes it change between two.

Environments are asked in the order of time. Up to `MOST_ASKED` all of them are; of more, only as many as it takes to
find each place where two ends differ, assuming that there is one change between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from compare.analysis import behaviours
from compare.analysis import comparison as running
from compare.analysis.attribution import leading
from compare.analysis.behaviours import Answer
from compare.analysis.causes import questions, search
from compare.analysis.causes.questions import Suspect
from compare.analysis.causes.search import REFERENCE_NAME, SEARCH_FRAMEWORK, Cause
from compare.analysis.training_cache import TrainingCache
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.environments import ENVIRONMENTS
from compare.execution.settings import Settings, UsageError
from compare.execution.trials import Trial
from compare.execution.worker_pool import OnEvent, WorkerPool, worker_errors
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec.checks import nearest

if TYPE_CHECKING:
    from compare.reporting.console import Display

MOST_ASKED = 12
TODAY = "keras"


@dataclass(frozen=True)
class Boundary:
    """Two environments, next to each other in time, of which one shows a behaviour and the other does not."""

    before: str
    after: str
    cause: Cause | None
    quirks: tuple[Suspect, ...] = ()
    """The fields of the cause that do not only follow from another one."""

    @property
    def known(self) -> bool:
        """Whether the real Kerases did what the cause says, both ways."""
        return self.cause is not None and self.cause.found and self.cause.shown is True


def timeline() -> list[str]:
    """Every Keras on TensorFlow that is installed, oldest first."""
    return [*(name for name, one in ENVIRONMENTS.items() if one.installed), TODAY]


def behaviour_of(scenario: Scenario, name: str | None) -> Behaviour:
    """The behaviour that a command line names. Raises UsageError."""
    known = {behaviour.name: behaviour for behaviour in scenario.behaviours}
    if name not in known:
        raise UsageError(f"behaviour is {name!r}; {nearest(name or '', known)}.")
    return known[name]


def planned(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], settings: Settings) -> list[Trial]:
    """The trials that decide a behaviour in these environments."""
    return trials.plan(scenario, names, behaviour.variants, behaviour.epochs, settings.seeds, settings.init)


def ask(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], dataset: Dataset, folder: Path,
        pool: WorkerPool,
        settings: Settings, on_event: OnEvent) -> tuple[dict[str, Answer], set[str], tuple[str, ...]]:
    """(what each environment answers, the arrays that the behaviour reads, what is told of workers that died)."""
    traces, _ = running.train(pool, scenario, planned(scenario, behaviour, names, settings), dataset,
                              folder / running.TRACES, settings.limit, on_event, lambda done: None)
    by_name = running.sides(names, traces)
    return ({name: behaviours.ask(behaviour, of_one) for name, of_one in by_name.items()},
            set().union(*(behaviours.read_by(behaviour, of_one) for of_one in by_name.values())),
            worker_errors(traces.values()))


@dataclass(frozen=True)
class Found:
    """What a timeline shows."""

    answers: Mapping[str, Answer]
    """By environment, oldest first."""
    boundaries: tuple[Boundary, ...]
    worker_errors: tuple[str, ...]
    """What is told of workers that died."""


def found(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], dataset: Dataset, folder: Path,
          pool: WorkerPool,
          settings: Settings, display: Display) -> Found:
    """Trains, asks, and explains every boundary by what the real Kerases do once a difference is switched."""
    answers: dict[str, Answer] = {}
    read: set[str] = set()
    ends: list[str] = []

    def asked(some: Sequence[str]) -> dict[str, bool | None]:
        for name in some:
            pool.ensure_workers(name, 1)
        display.expect(planned(scenario, behaviour, some, settings))
        new, looked_at, ended = ask(scenario, behaviour, some, dataset, folder, pool, settings, display.on_event)
        ends.extend(ended)
        answers.update(new)
        read.update(looked_at)
        return {name: answer.holds for name, answer in new.items()}

    pairs = walked(names, asked)
    ordered = {name: answers[name] for name in names if name in answers}
    if pairs:
        display.say(f"explaining {len(pairs)}")
    boundaries = explained(scenario, behaviour, pairs, answers, read, dataset, folder, pool, settings)
    return Found(ordered, tuple(boundaries), tuple(dict.fromkeys(ends)))


def walked(names: Sequence[str], asked: Callable[[Sequence[str]], Mapping[str, bool | None]]) -> list[tuple[str, str]]:
    """The pairs of neighbours, among those that were asked, of which one holds and the other does not."""
    if len(names) <= MOST_ASKED:
        holds = dict(asked(names))
    else:
        holds = dict(asked([names[0], names[-1]]))
        _halve(names, asked, holds)
    known = [name for name in names if holds.get(name) is not None]
    return [(one, other) for one, other in zip(known, known[1:]) if holds[one] is not holds[other]]


def _halve(names: Sequence[str], asked: Callable[[Sequence[str]], Mapping[str, bool | None]],
           holds: dict[str, bool | None]) -> None:
    """Asks what lies between two ends that differ, until they are neighbours."""
    if len(names) <= 2 or holds[names[0]] == holds[names[-1]]:
        return
    middle = len(names) // 2
    holds.update(asked([names[middle]]))
    _halve(names[:middle + 1], asked, holds)
    _halve(names[middle:], asked, holds)


def explained(scenario: Scenario, behaviour: Behaviour, pairs: Sequence[tuple[str, str]],
              answers: Mapping[str, Answer], read: set[str], dataset: Dataset, folder: Path, pool: WorkerPool,
              settings: Settings) -> list[Boundary]:
    """The boundaries with their causes, confirmed on the real Kerases."""
    if not pairs:
        return []
    pool.ensure_workers(SEARCH_FRAMEWORK, running.SEARCHERS)
    pool.ensure_workers(REFERENCE_NAME, 1)
    cache = TrainingCache(pool, dataset, folder / "search", settings.seeds, settings.limit * 60)
    found = []
    for before, after in pairs:
        environments: Mapping[str, Mapping[str, Any]] = {name: pool.environments[name] for name in (before, after)}
        of_two = {behaviour.name: {name: answers[name] for name in (before, after)}}
        alone = replace(scenario, behaviours=(replace(behaviour, contrast_variants=()),), claims=())
        raised = questions.questions(alone, of_two, environments, settings.init, {behaviour.name: read})
        confirmed = search.confirm(search.find(raised, cache), cache, {})
        spec = scenario.variant(behaviour.variants[0]).spec
        found += [Boundary(before, after, cause, tuple(leading(cause, spec, environments)) if cause.found else ())
                  for cause in confirmed] or [Boundary(before, after, None)]
    return found
