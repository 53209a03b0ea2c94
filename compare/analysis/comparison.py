"""A run: plan the trials, train them on all frameworks, ask the traces, write what people look at."""

from __future__ import annotations

import errno
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Collection, Iterable, Mapping

from compare.analysis import attribution, behaviours, differences, exact_step, explanation, first_divergence
from compare.analysis.causes import questions, search
from compare.analysis.causes.questions import closed
from compare.analysis.causes.search import SEARCH_FRAMEWORK
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.replay import Coverage
from compare.analysis.result import Cost, Result
from compare.analysis.steps import Steps
from compare.analysis.training_cache import TrainingCache
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.settings import Settings, UsageError
from compare.execution.trials import Trial
from compare.execution.worker_pool import OnEvent, WorkerPool, worker_errors
from frameworks.runtime.trace import Trace
from frameworks.runtime.training import scheduled_epochs
from scenarios.scenario import Scenario
from scenarios.spec import Conv2D, Dense, shapes

START = 20.0  # seconds until frameworks are imported
SECONDS = {"keras": (6e-4, 2.5), "keras-jax": (1.5e-3, 5.0), "keras-torch": (6e-3, 2.0), "lightning": (1.3e-3, 1.5),
           "reference": (4e-4, 2.0), "reference-float32": (3e-4, 2.0)}
"""Of one thread of the machine of tests/golden/speed.json, by framework: seconds a step, and a trial's own."""
TRACES = "traces"  # in the folder of a run
SEARCHERS = min(os.cpu_count() or 1, 4)  # workers of the reference that search side by side
PRODUCTS_A_SECOND = 2.5e9  # multiplications of one thread, for large models


def plan(scenario: Scenario, settings: Settings) -> list[Trial]:
    """The trials of one scenario under the settings."""
    return trials.plan(scenario, settings.frameworks, tuple(settings.variants), settings.epochs, settings.seeds,
                       settings.init)


def expected_minutes(planned: list[Trial], dataset: Dataset) -> float:
    """How long trials will take, roughly: as long as the slowest framework, or as all of them on the processors."""
    seconds: dict[str, float] = {}
    for trial in planned:
        seconds[trial.framework] = seconds.get(trial.framework, 0.0) + _seconds(trial, dataset)
    processors = min(os.cpu_count() or 1, len(seconds) or 1)
    return (START + max([sum(seconds.values()) / processors, *seconds.values()])) / 60


def _seconds(trial: Trial, dataset: Dataset) -> float:
    """Of one trial: its own, those of its steps, and the multiplications of training and of frozen passes."""
    each, own = SECONDS.get(trial.framework, (1e-3, 2.0))
    steps, n = trials.steps(trial, dataset), trials.samples_of(trial, dataset)
    products = {True: 0, False: 0}
    for layer, before, after in zip(trial.spec.layers, shapes(trial.spec), shapes(trial.spec)[1:]):
        if isinstance(layer, Dense):
            products[layer.trainable] += before[0] * layer.units
        elif isinstance(layer, Conv2D):
            products[True] += math.prod(after) * layer.kernel_size ** 2 * before[-1]
    passes = 3 * trial.spec.training.epochs + 2 * len(scheduled_epochs(trial.spec.training.epochs))
    return own + steps * each + n * (passes * products[True] + products[False]) / PRODUCTS_A_SECOND


def train(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, folder: Path, limit: float,
          on_event: OnEvent,
          on_reported_done: Callable[[Mapping[Trial, Trace]], None]) -> tuple[dict[Trial, Trace], Cost]:
    """(the trace of every trial, what they took); `on_reported_done` is told when the asked variants are trained."""
    folder.mkdir(parents=True, exist_ok=True)
    traces: dict[Trial, Trace] = {}
    began = asked = time.monotonic()
    wanted = {variant.name for variant in scenario.variants if variant.role == "reported"}
    waiting = {trial for trial in planned if trial.variant in wanted}

    def finished(trial: Trial, trace: Trace) -> None:
        nonlocal asked
        traces[trial] = trace
        if trial in waiting:
            waiting.discard(trial)
            if not waiting:
                asked = time.monotonic()
                on_reported_done(traces)

    pool.work({trial: trials.job(trial, dataset, folder) for trial in planned}, limit * 60, on_event, finished)
    return traces, Cost(max(pool.ready - began, 0.0), asked - began, time.monotonic() - began)


def answered(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings,
             folder: Path, on_event: OnEvent, on_reported_done: Callable[[Mapping[Trial, Trace]], None],
             tell: Callable[[str], None]) -> Result:
    """Trains and judges one scenario; traces, replays and searches are left in `folder`.

    `on_event` gets the events of trainings, `on_reported_done` the traces of what was asked, `tell` a word at later
    stages.
    """
    traces, cost = train(pool, scenario, planned, dataset, folder / TRACES, settings.limit, on_event, on_reported_done)
    found = result(scenario, dataset, folder, settings, traces, pool.environments)
    return explained(found, traces, cost, pool, settings, tell)


def sides(names: Iterable[str], traces: Mapping[Trial, Trace]) -> dict[str, dict[tuple[str, int], Trace]]:
    """The traces of each framework, by variant and seed."""
    return {name: {(trial.variant, trial.seed): trace for trial, trace in traces.items() if trial.framework == name}
            for name in names}


def result(scenario: Scenario, dataset: Dataset, folder: Path, settings: Settings, traces: Mapping[Trial, Trace],
           environments: Mapping[str, Mapping[str, Any]]) -> Result:
    """Everything that the traces of a scenario say."""
    environments = {name: environments[name] for name in settings.frameworks if name in environments}
    by_framework = sides(settings.frameworks, traces)
    asked = {behaviour.name: {name: behaviours.ask(behaviour, of_one) for name, of_one in by_framework.items()}
             for behaviour in scenario.behaviours}
    old = {behaviour.name: {rule: {name: behaviours.ask(behaviour, of_one, rule)
                                   for name, of_one in by_framework.items()} for rule in behaviour.old_rules}
           for behaviour in scenario.behaviours if behaviour.old_rules}
    measure_errors = dict.fromkeys(answer.measure_error for answers in asked.values() for answer in answers.values()
                             if answer.measure_error)
    return Result(scenario, dataset, folder, settings.init, environments, by_framework, asked, old,
                  claims=tuple(behaviours.judge(claim, name, of_one) for claim in scenario.claims
                               for name, of_one in by_framework.items()), worker_errors=worker_errors(traces.values()),
                  measure_errors=tuple(measure_errors))


def explained(found: Result, traces: Mapping[Trial, Trace], cost: Cost, pool: WorkerPool, settings: Settings,
              tell: Callable[[str], None]) -> Result:
    """The same with causes, where two sides first part, what is left over, and so whose each behaviour is.

    `tell` gets a word at every stage, since together they take about as long as what was asked.
    """
    began = time.monotonic()
    tell("comparing steps")
    pool.ensure_workers(SEARCH_FRAMEWORK, SEARCHERS)
    asked = [variant.name for variant in found.scenario.variants if variant.role == "reported"]
    trained = _with_steps(found, traces, asked)
    pairs = _pairs(found.environments, trained)
    replayed = first_divergence.replays(trained, list(pairs.values()), found.environments, found.dataset,
                               found.folder / TRACES, pool, settings.limit * 60)
    read = {behaviour.name: set().union(*(behaviours.read_by(behaviour, of_one) for of_one in found.traces.values()))
            for behaviour in found.scenario.behaviours}
    raised = questions.questions(found.scenario, found.answers, found.environments, settings.init, read)
    pool.ensure_workers(search.REFERENCE_NAME, SEARCHERS)
    cache = TrainingCache(pool, found.dataset, found.folder / "search", settings.seeds, settings.limit * 60)
    numbers = differences.measured(found.scenario, found.traces, found.environments, settings.init, cache)
    differing = differences.questions(found.scenario, numbers, found.environments, settings.init)
    raised += [question for _, question in differing]
    tell(f"searching causes of {len(raised)}")
    longer = {} if settings.confirm == "prefix" else {
        variant.name: min(variant.spec.training.epochs, settings.epochs or variant.spec.training.epochs)
        for variant in found.scenario.variants}
    with ThreadPoolExecutor(1) as beside:  # measuring noise keeps this process busy, a search its workers
        first_divergences = beside.submit(_divergences, found, trained, pairs, replayed)
        searched = search.find(raised, cache)
    found, steps = first_divergences.result()
    found, explanations = _explanations(found, pairs, steps, exact_step.Again(
        trained, found.environments, found.dataset, found.folder / TRACES, pool, settings.limit * 60))
    tell("confirming causes")
    confirmed = search.confirm(searched, cache, longer)
    known = tuple(confirmed[:len(raised) - len(differing)])
    explained_by_fields = explanation.shown(explanations, found.dataset, found.folder / TRACES, pool,
                                           settings.limit * 60)
    of_numbers = {question.behaviour.name: differences.explained(
        one, found.scenario.variant(one.variant).spec, [cause], found.environments)
        for (one, question), cause in zip(differing, confirmed[len(known):])}
    verdicts = {behaviour.name: attribution.belongs(
        behaviour, found.scenario.variant(behaviour.variants[0]).spec, found.answers[behaviour.name],
        found.environments, [cause for cause in known if cause.question.behaviour.name == behaviour.name])
        for behaviour in found.scenario.behaviours}
    cost = replace(cost, causes=time.monotonic() - began, trainings=len(cache), questions=len(raised))
    found = replace(found, causes=known, cost=cost, worker_errors=found.worker_errors + cache.worker_errors,
                    coverage=found.coverage + uncompared(found, traces, asked, trained),
                    explanations=explained_by_fields,
                    differences=tuple(of_numbers.get(one.name, one) for one in numbers))
    return replace(found, verdicts={
        name: attribution.concluded(one, found.behaviour(name).variants, found.unexplained_in)
        for name, one in verdicts.items()})


def uncompared(found: Result, traces: Mapping[Trial, Trace], asked: Collection[str],
               compared: Collection[Trial]) -> tuple[Coverage, ...]:
    """The coverage of the asked variants' trainings of which no step was recorded."""
    missing = [(trial, trace) for trial, trace in traces.items() if trial.framework in found.environments and
               trial.variant in asked and trial.seed == 0 and trial not in compared and
               found.environments[trial.framework]["framework"] != "reference"]
    return tuple(Coverage(trial.variant, trial.framework, 0, len(trace.arrays.get("step/loss", ())), None,
                          "each framework had its own initialization and order" if trial.init == "native" else
                          "no step of it was recorded") for trial, trace in missing)


def first_divergences(found: Result, traces: Mapping[Trial, Trace], variants: Collection[str], sides: tuple[str, str],
           stages: Collection[str], pool: WorkerPool, limit: float) -> dict[str, FirstDivergence]:
    """By variant, where two chosen frameworks first part at one of these gates; none where one of them has no steps.

    `limit` is in seconds of one framework's replay.
    """
    own = {trial: trace for trial, trace in traces.items() if trial.framework in sides}
    trained = _with_steps(found, own, variants)
    pairs = _pairs(sides, trained)
    place = found.folder / TRACES
    replayed = first_divergence.replays(trained, list(pairs.values()), found.environments, found.dataset, place, pool,
                                        limit)
    steps = _steps(found, trained)
    return {name: first_divergence.find(*pair, trained, replayed, found.environments, steps, stages)
            for name, pair in pairs.items()}


def _with_steps(found: Result, traces: Mapping[Trial, Trace], variants: Collection[str]) -> dict[Trial, Trace]:
    """The traces of these variants' first seed of which steps were recorded."""
    return {trial: trace for trial, trace in traces.items() if trial.framework in found.environments and
            trial.variant in variants and trial.seed == 0 and trace.probed_steps()}


def _pairs(frameworks: Iterable[str], trained: Iterable[Trial]) -> dict[str, tuple[Trial, Trial]]:
    """By variant, the trials of the first two of these frameworks that have one."""
    by_variant = {name: [trial for framework in frameworks for trial in trained
                         if (trial.variant, trial.framework) == (name, framework)]
                  for name in dict.fromkeys(trial.variant for trial in trained)}
    return {name: (of_one[0], of_one[1]) for name, of_one in by_variant.items() if len(of_one) > 1}


def _divergences(found: Result, trained: Mapping[Trial, Trace], pairs: Mapping[str, tuple[Trial, Trial]],
              replayed: Mapping[tuple[Trial, str], Trace]) -> tuple[Result, Mapping[Trial, Steps]]:
    """The same with what comparing steps says: by reported variant where the first two frameworks differ, how far each
    is from the reference, how much of its training and evaluation was compared, and what of it no known field explains;
    and beside it the steps of each training."""
    steps, sides = _steps(found, trained), first_divergence.asked_of_the_table(trained, found.environments)
    divergences = {name: first_divergence.find(*pair, trained, replayed, found.environments, steps)
                for name, pair in pairs.items()}
    each = [(one, trained[one], found.environments[one.framework], steps[one],
             replayed[one, first_divergence.BY_DEFAULTS]) for one in sides]
    examined = [first_divergence.examined(one, trace, replay, environment, of_one)
                for one, trace, environment, of_one, replay in each]
    compared = replace(
        found, divergences=divergences,
        unexplained_differences=tuple(difference for some, _ in examined for difference in some
                                      if not difference.candidates),
        not_known=tuple(difference for some, _ in examined for difference in some if difference.candidates),
        coverage=tuple(coverage for _, coverage in examined),
        loss_offsets=tuple(first_divergence.loss_offset(one, trace, replayed, environment, of_one)
                   for one, trace, environment, of_one, _ in each))
    return compared, steps


def _explanations(found: Result, pairs: Mapping[str, tuple[Trial, Trial]], steps: Mapping[Trial, Steps],
                  again: exact_step.Again) -> tuple[Result, list[explanation.Found]]:
    """The same with the exact steps at which frameworks first differ, and the fields that explain what differs there.
    """
    divergences, explanations = dict(found.divergences), []
    for name, pair in pairs.items():
        divergences[name], known = exact_step.explained(divergences[name], pair, steps, again)
        explanations += known
    return replace(found, divergences=divergences), explanations


def _steps(found: Result, trained: Mapping[Trial, Trace]) -> dict[Trial, Steps]:
    """The steps of each training, closed as its framework does."""
    return {one: Steps(replace(one, spec=closed(one.spec, found.environments[one.framework], one.init)),
                       trained[one], found.dataset, found.folder / TRACES) for one in trained}


def made_folder(out: str | None) -> Path:
    """The folder of a run: the one that was named, or one of this moment; made where it was not there.

    Raises UsageError where it holds a run already, or where nothing can be written.
    """
    folder = Path(os.path.expanduser(out)) if out else Path("runs") / time.strftime("%Y-%m-%d_%H-%M-%S")
    if any(found for pattern in (TRACES, f"*/{TRACES}") for found in folder.glob(pattern)):
        raise UsageError(f"out is {str(folder)!r}, which holds a run already; allowed: a new folder, or one without "
                         "a run.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"out is {str(folder)!r}, where nothing can be written ({error.strerror}); allowed: a folder, "
                         "also a new one.") from error
    return folder
