"""A run: plans the trials, trains them on all frameworks, evaluates the traces and analyses the causes."""

from __future__ import annotations

import errno
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Callable, Collection, Iterable, Mapping

from compare.analysis import attribution, behaviours, differences, exact_step, explanation, first_divergence
from compare.analysis.causes import questions, search
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.replay import Coverage
from compare.analysis.result import Cost, Result
from compare.analysis.steps import Steps
from compare.analysis.training_cache import TrainingCache
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.errors import UsageError
from compare.execution.settings import Settings
from compare.execution.trials import Trial
from compare.execution.worker_pool import OnEvent, WorkerPool, worker_errors
from frameworks.environment import Environments
from frameworks.runtime.trace import Trace
from frameworks.runtime.training import scheduled_epochs
from scenarios.scenario import Scenario
from scenarios.spec import Conv2D, Dense, shapes

IMPORT_SECONDS = 20.0
"""How long importing the frameworks takes."""
SECONDS = {"keras": (6e-4, 2.5), "keras-jax": (1.5e-3, 5.0), "keras-torch": (6e-3, 2.0), "lightning": (1.3e-3, 1.5),
           "reference": (4e-4, 2.0), "reference-float32": (3e-4, 2.0)}
"""By framework: (seconds per step, constant seconds per trial), on one thread of the machine of
tests/records/speed.json."""
TRACES = "traces"
"""The name of the folder of traces, in the folder of a run."""
SEARCHERS = min(os.cpu_count() or 1, 4)
"""The number of reference workers that search in parallel."""
PRODUCTS_A_SECOND = 2.5e9
"""Multiplications per second of one thread, for large models."""


def plan(scenario: Scenario, settings: Settings) -> list[Trial]:
    """Returns the trials of one scenario under the settings."""
    return trials.plan(scenario, settings.frameworks, tuple(settings.variants), settings.epochs, settings.seeds,
                       settings.init)


def expected_minutes(planned: list[Trial], dataset: Dataset) -> float:
    """Returns a rough estimate of the duration of trials, in minutes.

    Frameworks train in parallel: the slowest framework, or the number of processors, determines the duration.
    """
    seconds: dict[str, float] = {}
    for trial in planned:
        seconds[trial.framework] = seconds.get(trial.framework, 0.0) + _seconds(trial, dataset)
    processors = min(os.cpu_count() or 1, len(seconds) or 1)
    return (IMPORT_SECONDS + max([sum(seconds.values()) / processors, *seconds.values()])) / 60


def _seconds(trial: Trial, dataset: Dataset) -> float:
    """The estimated duration of one trial: a constant, its steps, and the multiplications of its passes.

    There are passes of the training and passes that evaluate fixed weights.
    """
    per_step, constant = SECONDS.get(trial.framework, (1e-3, 2.0))
    steps, n = trials.steps(trial, dataset), trials.samples_of(trial, dataset)
    products = {True: 0, False: 0}
    for layer, before, after in zip(trial.spec.layers, shapes(trial.spec), shapes(trial.spec)[1:]):
        if isinstance(layer, Dense):
            products[layer.trainable] += before[0] * layer.units
        elif isinstance(layer, Conv2D):
            products[True] += math.prod(after) * layer.kernel_size ** 2 * before[-1]
    passes = 3 * trial.spec.training.epochs + 2 * len(scheduled_epochs(trial.spec.training.epochs))
    return constant + steps * per_step + n * (passes * products[True] + products[False]) / PRODUCTS_A_SECOND


def train(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, folder: Path, limit: float,
          on_event: OnEvent,
          on_reported_done: Callable[[Mapping[Trial, Trace]], None]) -> tuple[dict[Trial, Trace], Cost]:
    """Trains the planned trials and returns (the trace of every trial, the cost).

    Traces are written to `folder`, which is created; `limit` is in minutes of one training. `on_event` gets the events
    of the trainings, and `on_reported_done` is called with the traces as soon as all reported variants are trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    traces: dict[Trial, Trace] = {}
    began = reported_done = time.monotonic()
    reported = {variant.name for variant in scenario.variants if variant.role == "reported"}
    waiting = {trial for trial in planned if trial.variant in reported}

    def finished(trial: Trial, trace: Trace) -> None:
        nonlocal reported_done
        traces[trial] = trace
        if trial in waiting:
            waiting.discard(trial)
            if not waiting:
                reported_done = time.monotonic()
                on_reported_done(traces)

    pool.work({trial: trials.job(trial, dataset, folder) for trial in planned}, limit * 60, on_event, finished)
    return traces, Cost(max(pool.ready - began, 0.0), reported_done - began, time.monotonic() - began)


def answered(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings,
             folder: Path, on_event: OnEvent, on_reported_done: Callable[[Mapping[Trial, Trace]], None],
             on_stage: Callable[[str], None]) -> Result:
    """Trains and judges one scenario; traces, replays and searches are written to `folder`.

    `on_event` gets the events of the trainings, `on_reported_done` the traces as soon as the reported variants are
    trained, and `on_stage` a short text at every later stage.
    """
    traces, cost = train(pool, scenario, planned, dataset, folder / TRACES, settings.limit, on_event, on_reported_done)
    evaluated = result(scenario, dataset, folder, settings, traces, pool.environments)
    return explained(evaluated, traces, cost, pool, settings, on_stage)


def sides(names: Iterable[str], traces: Mapping[Trial, Trace]) -> dict[str, dict[tuple[str, int], Trace]]:
    """Returns the traces of each framework, by variant and seed."""
    return {name: {(trial.variant, trial.seed): trace for trial, trace in traces.items() if trial.framework == name}
            for name in names}


def result(scenario: Scenario, dataset: Dataset, folder: Path, settings: Settings, traces: Mapping[Trial, Trace],
           environments: Environments) -> Result:
    """Returns everything that follows from the traces of a scenario alone, without the cause analysis."""
    environments = {name: environments[name] for name in settings.frameworks if name in environments}
    by_framework = sides(settings.frameworks, traces)
    answers = {behaviour.name: {name: behaviours.ask(behaviour, its_traces)
                                for name, its_traces in by_framework.items()} for behaviour in scenario.behaviours}
    old_rules = {behaviour.name: {rule: {name: behaviours.ask(behaviour, its_traces, rule)
                                         for name, its_traces in by_framework.items()}
                                  for rule in behaviour.old_rules}
                 for behaviour in scenario.behaviours if behaviour.old_rules}
    measure_errors = dict.fromkeys(answer.measure_error for by_name in answers.values()
                                   for answer in by_name.values() if answer.measure_error)
    claims = tuple(behaviours.judge(claim, name, its_traces) for claim in scenario.claims
                   for name, its_traces in by_framework.items())
    return Result(scenario, dataset, folder, settings.init, environments, by_framework, answers, old_rules,
                  claims=claims, worker_errors=worker_errors(traces.values()), measure_errors=tuple(measure_errors))


def explained(run: Result, traces: Mapping[Trial, Trace], cost: Cost, pool: WorkerPool, settings: Settings,
              on_stage: Callable[[str], None]) -> Result:
    """Returns the result with first divergences, causes, unexplained differences and the verdict on each behaviour.

    `on_stage` gets a short text at every stage, because all stages together take about as long as the training of the
    reported variants.
    """
    began = time.monotonic()
    on_stage("comparing steps")
    pool.ensure_workers(SEARCH_FRAMEWORK, SEARCHERS)
    reported = [variant.name for variant in run.scenario.variants if variant.role == "reported"]
    trained = _with_steps(run, traces, reported)
    pairs = _pairs(run.environments, trained)
    replayed = first_divergence.replays(trained, list(pairs.values()), run.environments, run.dataset,
                                        run.folder / TRACES, pool, settings.limit * 60)
    read = {behaviour.name: set().union(*(behaviours.read_by(behaviour, its_traces)
                                          for its_traces in run.traces.values()))
            for behaviour in run.scenario.behaviours}
    raised = questions.questions(run.scenario, run.answers, run.environments, settings.init, read)
    pool.ensure_workers(REFERENCE_NAME, SEARCHERS)
    cache = TrainingCache(pool, run.dataset, run.folder / "search", settings.seeds, settings.limit * 60)
    measured = differences.measured(run.scenario, run.traces, run.environments, settings.init, cache)
    differing = differences.questions(run.scenario, measured, run.environments, settings.init)
    raised += [question for _, question in differing]
    on_stage(f"searching causes of {len(raised)}")
    longer = {} if settings.confirm == "prefix" else {
        variant.name: min(variant.spec.training.epochs, settings.epochs or variant.spec.training.epochs)
        for variant in run.scenario.variants}
    # Measuring noise uses this process and a search uses the workers, so that the two run at the same time.
    with ThreadPoolExecutor(1) as executor:
        comparing = executor.submit(_divergences, run, trained, pairs, replayed)
        searched = search.find(raised, cache)
    run, steps = comparing.result()
    run, explanations = _explanations(run, pairs, steps, exact_step.Again(
        trained, run.environments, run.dataset, run.folder / TRACES, pool, settings.limit * 60))
    on_stage("confirming causes")
    confirmed = search.confirm(searched, cache, longer)
    behaviour_causes = tuple(confirmed[:len(raised) - len(differing)])
    difference_causes = confirmed[len(behaviour_causes):]
    explained_by_fields = explanation.shown(explanations, run.dataset, run.folder / TRACES, pool, settings.limit * 60)
    explained_differences = {question.behaviour.name: differences.explained(
        difference, run.scenario.variant(difference.variant).spec, [cause], run.environments)
        for (difference, question), cause in zip(differing, difference_causes)}
    verdicts = {behaviour.name: attribution.belongs(
        behaviour, run.scenario.variant(behaviour.variants[0]).spec, run.answers[behaviour.name], run.environments,
        [cause for cause in behaviour_causes if cause.question.behaviour.name == behaviour.name])
        for behaviour in run.scenario.behaviours}
    cost = replace(cost, causes=time.monotonic() - began, trainings=len(cache), questions=len(raised))
    run = replace(run, causes=behaviour_causes, cost=cost, worker_errors=run.worker_errors + cache.worker_errors,
                  coverage=run.coverage + uncompared(run, traces, reported, trained),
                  explanations=explained_by_fields,
                  differences=tuple(explained_differences.get(difference.name, difference) for difference in measured))
    return replace(run, verdicts={
        name: attribution.concluded(verdict, run.behaviour(name).variants, run.unexplained_in)
        for name, verdict in verdicts.items()})


def uncompared(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str],
               compared: Collection[Trial]) -> tuple[Coverage, ...]:
    """Returns the coverage of those trainings of these variants of which no step was recorded."""
    missing = [(trial, trace) for trial, trace in traces.items() if trial.framework in run.environments and
               trial.variant in variants and trial.seed == 0 and trial not in compared and
               run.environments[trial.framework]["framework"] != "reference"]
    return tuple(Coverage(trial.variant, trial.framework, 0, len(trace.arrays.get("step/loss", ())), None,
                          "each framework had its own initialization and order" if trial.init == "native" else
                          "no step of it was recorded") for trial, trace in missing)


def first_divergences(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str],
                      frameworks: tuple[str, str], stages: Collection[str], pool: WorkerPool,
                      limit: float) -> dict[str, FirstDivergence]:
    """Returns, by variant, the first divergence of two frameworks at one of these stages.

    Variants are left out where one of the frameworks has no recorded steps. `limit` is in seconds of one framework's
    replay.
    """
    chosen = {trial: trace for trial, trace in traces.items() if trial.framework in frameworks}
    trained = _with_steps(run, chosen, variants)
    pairs = _pairs(frameworks, trained)
    replayed = first_divergence.replays(trained, list(pairs.values()), run.environments, run.dataset,
                                        run.folder / TRACES, pool, limit)
    steps = _steps(run, trained)
    return {name: first_divergence.find(*pair, trained, replayed, run.environments, steps, stages)
            for name, pair in pairs.items()}


def _with_steps(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str]) -> dict[Trial, Trace]:
    """The traces of these variants' first seed that have recorded steps."""
    return {trial: trace for trial, trace in traces.items() if trial.framework in run.environments and
            trial.variant in variants and trial.seed == 0 and trace.probed_steps()}


def _pairs(frameworks: Iterable[str], trained: Iterable[Trial]) -> dict[str, tuple[Trial, Trial]]:
    """By variant, the trials of the first two of these frameworks that have one."""
    by_variant = {name: [trial for framework in frameworks for trial in trained
                         if (trial.variant, trial.framework) == (name, framework)]
                  for name in dict.fromkeys(trial.variant for trial in trained)}
    return {name: (its_trials[0], its_trials[1]) for name, its_trials in by_variant.items() if len(its_trials) > 1}


def _divergences(run: Result, trained: Mapping[Trial, Trace], pairs: Mapping[str, tuple[Trial, Trial]],
                 replayed: Mapping[tuple[Trial, str], Trace]) -> tuple[Result, Mapping[Trial, Steps]]:
    """(the result with the comparison of steps, the steps of each training).

    The comparison has, by reported variant, the first divergence of the first two frameworks, and for each framework
    its loss offsets from the NumPy reference, the coverage of its training and evaluation, and the differences that
    no default rule explains.
    """
    steps = _steps(run, trained)
    divergences = {name: first_divergence.find(*pair, trained, replayed, run.environments, steps)
                   for name, pair in pairs.items()}
    each = [(trial, trained[trial], run.environments[trial.framework], steps[trial],
             replayed[trial, first_divergence.BY_DEFAULTS])
            for trial in first_divergence.of_real_frameworks(trained, run.environments)]
    examined = [first_divergence.examined(trial, trace, replay, environment, its_steps)
                for trial, trace, environment, its_steps, replay in each]
    all_differences = [difference for its_differences, _ in examined for difference in its_differences]
    compared = replace(
        run, divergences=divergences,
        unexplained_differences=tuple(difference for difference in all_differences if not difference.candidates),
        not_known=tuple(difference for difference in all_differences if difference.candidates),
        coverage=tuple(coverage for _, coverage in examined),
        loss_offsets=tuple(first_divergence.loss_offset(trial, trace, replayed, environment, its_steps)
                           for trial, trace, environment, its_steps, _ in each))
    return compared, steps


def _explanations(run: Result, pairs: Mapping[str, tuple[Trial, Trial]], steps: Mapping[Trial, Steps],
                  again: exact_step.Again) -> tuple[Result, list[explanation.Found]]:
    """(the result with the exact step of each first divergence, the explanations of what differs at these steps)."""
    divergences, explanations = dict(run.divergences), []
    for name, pair in pairs.items():
        divergences[name], found = exact_step.explained(divergences[name], pair, steps, again)
        explanations += found
    return replace(run, divergences=divergences), explanations


def _steps(run: Result, trained: Mapping[Trial, Trace]) -> dict[Trial, Steps]:
    """The steps of each training, with the spec as its framework resolves it."""
    return {trial: Steps(replace(trial, spec=resolved_spec(trial.spec, run.environments[trial.framework], trial.init)),
                         trace, run.dataset, run.folder / TRACES) for trial, trace in trained.items()}


def made_folder(out: str | None) -> Path:
    """Returns the folder of a run, and creates it if it does not exist.

    The folder is `out`, or else one below `runs` that is named by the current time. Raises UsageError if it contains a
    run already, or if nothing can be written there.
    """
    folder = Path(os.path.expanduser(out)) if out else Path("runs") / time.strftime("%Y-%m-%d_%H-%M-%S")
    if any(trace for pattern in (TRACES, f"*/{TRACES}") for trace in folder.glob(pattern)):
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
