"""Bisects Keras versions: evaluates one behaviour in every installed Keras and searches the cause of each change.

The environments are ordered by time. Up to `MOST_RUN` of them, all are run. If there are more, each place where two
ends differ is found by bisection, which assumes that there is one change between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Mapping, Protocol, Sequence

from compare.analysis import behaviours
from compare.analysis import comparison as running
from compare.analysis.attribution import leading
from compare.analysis.behaviours import Answer
from compare.analysis.causes import questions, search
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK, Cause
from compare.analysis.causes.questions import Suspect
from compare.analysis.training_cache import TrainingCache
from compare.execution import output_folder, trials
from compare.execution.data import Dataset
from compare.execution.environments import OLD_KERAS
from compare.execution.errors import UsageError
from compare.execution.settings import Settings
from compare.execution.trials import Trial
from compare.execution.worker_pool import OnEvent, WorkerPool
from compare.execution.workers import Event
from frameworks.environment import Environments
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec.checks import nearest

MOST_RUN = 12
"""The largest number of environments that are all run."""
TODAY = "keras"


class Progress(Protocol):
    """Where a run reports how far it is (`reporting.console.Display`)."""

    def expect(self, planned: Sequence[Trial]) -> None: ...

    def on_event(self, trial: Trial, event: Event) -> None: ...

    def say(self, what: str) -> None: ...


@dataclass(frozen=True)
class Boundary:
    """Two environments, adjacent in time, of which one shows a behaviour and the other does not."""

    before: str
    after: str
    cause: Cause | None
    quirks: tuple[Suspect, ...] = ()
    """The fields of the cause, without mere consequences of other fields."""

    @property
    def known(self) -> bool:
        """Whether both real Keras versions confirmed the cause."""
        return self.cause is not None and self.cause.known and self.cause.shown is True


def timeline() -> list[str]:
    """Returns the environments of every installed Keras on TensorFlow, oldest first."""
    return [*(name for name, environment in OLD_KERAS.items() if environment.installed), TODAY]


def behaviour_of(scenario: Scenario, name: str | None) -> Behaviour:
    """Returns the behaviour that the command line names. Raises UsageError if there is none."""
    known = {behaviour.name: behaviour for behaviour in scenario.behaviours}
    if name not in known:
        raise UsageError(f"behaviour is {name!r}; {nearest(name or '', known)}.")
    return known[name]


def planned(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], settings: Settings) -> list[Trial]:
    """Returns the trials that decide a behaviour in these environments."""
    return trials.plan(scenario, names, behaviour.variants, behaviour.epochs, settings.seeds, settings.init)


def answers_of(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], dataset: Dataset, folder: Path,
               pool: WorkerPool, settings: Settings, on_event: OnEvent) -> tuple[dict[str, Answer], set[str]]:
    """Trains and evaluates a behaviour in these environments.

    Returns (the answer by environment, the names of the arrays that the behaviour reads).
    """
    traces, _ = running.train(pool, scenario, planned(scenario, behaviour, names, settings), dataset,
                              folder / output_folder.TRACES, settings.limit, on_event, lambda done: None)
    by_name = running.sides(names, traces)
    return ({name: behaviours.answer_of(behaviour, its_traces) for name, its_traces in by_name.items()},
            set().union(*(behaviours.read_by(behaviour, its_traces) for its_traces in by_name.values())))


@dataclass(frozen=True)
class VersionHistory:
    """The history of a behaviour."""

    answers: Mapping[str, Answer]
    """By environment, oldest first."""
    boundaries: tuple[Boundary, ...]
    worker_errors: tuple[str, ...]
    """Messages from crashed workers."""


def history(scenario: Scenario, behaviour: Behaviour, names: Sequence[str], dataset: Dataset, folder: Path,
            pool: WorkerPool, settings: Settings, display: Progress) -> VersionHistory:
    """Returns the history of a behaviour in these environments, which are ordered by time.

    The cause of every boundary is confirmed on the two real Keras versions, by switching the fields that differ.
    """
    answers: dict[str, Answer] = {}
    read: set[str] = set()

    def run(requested: Sequence[str]) -> dict[str, bool | None]:
        for name in requested:
            pool.ensure_workers(name, 1)
        display.expect(planned(scenario, behaviour, requested, settings))
        new, arrays = answers_of(scenario, behaviour, requested, dataset, folder, pool, settings, display.on_event)
        answers.update(new)
        read.update(arrays)
        return {name: answer.holds for name, answer in new.items()}

    pairs = walked(names, run)
    ordered = {name: answers[name] for name in names if name in answers}
    if pairs:
        display.say(f"explaining {len(pairs)}")
    boundaries = explained(scenario, behaviour, pairs, answers, read, dataset, folder, pool, settings)
    return VersionHistory(ordered, tuple(boundaries), tuple(dict.fromkeys(pool.worker_errors)))


def walked(names: Sequence[str], run: Callable[[Sequence[str]], Mapping[str, bool | None]]) -> list[tuple[str, str]]:
    """Returns the pairs of adjacent environments of which one shows the behaviour and the other does not.

    `run` evaluates the behaviour in the environments that it gets, and returns whether it holds. Environments that
    were not run, or in which the behaviour cannot be evaluated, are left out.
    """
    if len(names) <= MOST_RUN:
        holds = dict(run(names))
    else:
        holds = dict(run([names[0], names[-1]]))
        _halve(names, run, holds)
    known = [name for name in names if holds.get(name) is not None]
    return [(before, after) for before, after in zip(known, known[1:]) if holds[before] is not holds[after]]


def _halve(names: Sequence[str], run: Callable[[Sequence[str]], Mapping[str, bool | None]],
           holds: dict[str, bool | None]) -> None:
    """Bisects the environments between two ends that differ, until the two are adjacent; results go to `holds`."""
    if len(names) <= 2 or holds[names[0]] == holds[names[-1]]:
        return
    middle = len(names) // 2
    holds.update(run([names[middle]]))
    _halve(names[:middle + 1], run, holds)
    _halve(names[middle:], run, holds)


def explained(scenario: Scenario, behaviour: Behaviour, pairs: Sequence[tuple[str, str]],
              answers: Mapping[str, Answer], read: set[str], dataset: Dataset, folder: Path, pool: WorkerPool,
              settings: Settings) -> list[Boundary]:
    """Returns the boundaries with their causes, confirmed on the real Keras versions.

    `read` are the names of the arrays that the behaviour reads.
    """
    if not pairs:
        return []
    pool.ensure_workers(SEARCH_FRAMEWORK, running.SEARCHERS)
    pool.ensure_workers(REFERENCE_NAME, 1)
    cache = TrainingCache(pool, dataset, folder / output_folder.SEARCH, settings.seeds, settings.limit * 60)
    boundaries = []
    for before, after in pairs:
        environments: Environments = {name: pool.environments[name] for name in (before, after)}
        pair_answers = {behaviour.name: {name: answers[name] for name in (before, after)}}
        alone = replace(scenario, behaviours=(replace(behaviour, contrast_variants=()),), claims=())
        raised = questions.questions(alone, pair_answers, environments, settings.init, {behaviour.name: read})
        confirmed = search.confirm(search.find(raised, cache), cache, {})
        spec = scenario.variant(behaviour.variants[0]).spec
        boundaries += [Boundary(before, after, cause, tuple(leading(cause, spec, environments)) if cause.known else ())
                       for cause in confirmed] or [Boundary(before, after, None)]
    return boundaries
