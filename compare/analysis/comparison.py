"""A run: plans the trials, trains them on all frameworks, evaluates the traces and analyses the causes."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterable, Mapping

from compare.analysis import (
    attribution,
    behaviours,
    difference_causes,
    differences,
    explanation,
    step_replays,
)
from compare.analysis.causes import questions, search
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.close_calls import without_close_calls
from compare.analysis.result import Cost, Result
from compare.analysis.step_comparison import divergences_of, explanations_of, pairs_of, uncompared, with_steps
from compare.analysis.training_cache import TrainingCache
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.output_folder import SEARCH, TRACES
from compare.execution.settings import Settings
from compare.execution.threads import in_threads
from compare.execution.trials import Trial
from compare.execution.worker_pool import OnEvent, WorkerPool, ignore, worker_errors
from frameworks.environment import Environments
from frameworks.runtime.trace import Trace
from scenarios.scenario import Scenario

SEARCHERS = min(os.cpu_count() or 1, 4)
"""The number of reference workers that search in parallel."""


def plan(scenario: Scenario, settings: Settings) -> list[Trial]:
    """Returns the trials of one scenario under the settings."""
    return trials.plan(scenario, settings.frameworks, tuple(settings.variants), settings.epochs, settings.seeds,
                       settings.init)


def train(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, folder: Path, limit: float,
          on_event: OnEvent = ignore, on_reported_done: Callable[[Mapping[Trial, Trace]], None] = ignore,
          ) -> tuple[dict[Trial, Trace], Cost]:
    """Trains the planned trials and returns (the trace of every trial, the cost).

    Traces are written to `folder`, which is created; `limit` is in minutes of one training. `on_event` gets the events
    of the trainings, and `on_reported_done` is called with the traces as soon as all reported variants are trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    traces: dict[Trial, Trace] = {}
    began, before = time.monotonic(), pool.reused
    reported_done = began
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
    return traces, Cost(max(pool.ready - began, 0.0), reported_done - began, time.monotonic() - began,
                        reused=pool.reused - before)


def answered(pool: WorkerPool, scenario: Scenario, planned: list[Trial], dataset: Dataset, settings: Settings,
             folder: Path, on_event: OnEvent = ignore,
             on_reported_done: Callable[[Mapping[Trial, Trace]], None] = ignore,
             on_stage: Callable[[str], None] = ignore) -> Result:
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
    answers = {behaviour.name: {name: behaviours.answer_of(behaviour, its_traces)
                                for name, its_traces in by_framework.items()} for behaviour in scenario.behaviours}
    old_rules = {behaviour.name: {rule: {name: behaviours.answer_of(behaviour, its_traces, rule)
                                         for name, its_traces in by_framework.items()}
                                  for rule in behaviour.old_rules}
                 for behaviour in scenario.behaviours if behaviour.old_rules}
    claims = tuple(behaviours.claim_result(claim, name, its_traces) for claim in scenario.claims
                   for name, its_traces in by_framework.items())
    measure_errors = dict.fromkeys([
        *(answer.measure_error for by_name in answers.values() for answer in by_name.values() if answer.measure_error),
        *(error for claim in claims for error in claim.measure_errors)])
    return Result(scenario, dataset, folder, settings.init, environments, by_framework, answers, old_rules,
                  claims=claims, worker_errors=worker_errors(traces.values()), measure_errors=tuple(measure_errors))


def explained(run: Result, traces: Mapping[Trial, Trace], cost: Cost, pool: WorkerPool, settings: Settings,
              on_stage: Callable[[str], None]) -> Result:
    """Returns the result with first divergences, causes, unexplained differences and the verdict on each behaviour.

    `on_stage` gets a short text at every stage, because all stages together take about as long as the training of the
    reported variants.
    """
    began, before, reused = time.monotonic(), len(pool.worker_errors), pool.reused
    on_stage("comparing steps")
    pool.ensure_workers(SEARCH_FRAMEWORK, SEARCHERS)
    reported = [variant.name for variant in run.scenario.variants if variant.role == "reported"]
    trained = with_steps(run, traces, reported)
    pairs = pairs_of(run.environments, trained)
    of_run = run.dataset, run.folder / TRACES, pool, settings.limit * 60
    replayed = step_replays.replays(trained, list(pairs.values()), run.environments, *of_run)
    read = {behaviour.name: set().union(*(behaviours.read_by(behaviour, its_traces)
                                          for its_traces in run.traces.values()))
            for behaviour in run.scenario.behaviours}
    pool.ensure_workers(REFERENCE_NAME, SEARCHERS)
    cache = TrainingCache(pool, run.dataset, run.folder / SEARCH, settings.seeds, settings.limit * 60)
    raised = questions.questions(run.scenario, run.answers, run.environments, settings.init, read)
    run = replace(run, answers=without_close_calls(run.answers, raised, run.traces, cache))
    raised = questions.questions(run.scenario, run.answers, run.environments, settings.init, read)
    measured = differences.measured(run.scenario, run.traces, run.environments, settings.init, cache)
    differing = difference_causes.questions(run.scenario, measured, run.environments, settings.init)
    raised += [question for _, question in differing]
    on_stage(f"searching causes of {len(raised)}")
    # Measuring noise uses this process; searching and confirming use the workers, at the same time.
    with in_threads(1) as executor:
        comparing = executor.submit(divergences_of, run, trained, pairs, replayed)
        searched = search.find(raised, cache)
        on_stage("confirming causes")
        confirmed = search.confirm(searched, cache, _confirmed_epochs(run.scenario, settings))
    run, steps = comparing.result()
    run, explanations = explanations_of(run, pairs, steps, step_replays.Again(trained, run.environments, *of_run))
    explained_by_fields = explanation.shown(explanations, *of_run)
    behaviour_causes = tuple(confirmed[:len(raised) - len(differing)])
    explained_differences = {difference.name: difference_causes.explained(
        difference, run.scenario.variant(difference.variant).spec, [cause], run.environments, run.init, cache)
        for (difference, _), cause in zip(differing, confirmed[len(behaviour_causes):])}
    cost = replace(cost, causes=time.monotonic() - began, trainings=len(cache), questions=len(raised),
                   reused=cost.reused + pool.reused - reused)
    errors = dict.fromkeys([*run.worker_errors, *pool.worker_errors[before:]])
    return _with_verdicts(replace(
        run, causes=behaviour_causes, cost=cost, worker_errors=tuple(errors),
        coverage=run.coverage + uncompared(run, traces, reported, trained), explanations=explained_by_fields,
        differences=tuple(explained_differences.get(difference.name, difference) for difference in measured)))


def _confirmed_epochs(scenario: Scenario, settings: Settings) -> dict[str, int]:
    """With `confirm=full`, the number of epochs of each variant; empty where the epochs that decide are enough."""
    return {} if settings.confirm == "prefix" else {
        variant.name: min(variant.spec.training.epochs, settings.epochs or variant.spec.training.epochs)
        for variant in scenario.variants}


def _with_verdicts(run: Result) -> Result:
    """The result with the verdict on each behaviour, which follows from its causes and from what is unexplained."""
    verdicts = {}
    for behaviour in run.scenario.behaviours:
        name, spec = behaviour.name, run.scenario.variant(behaviour.variants[0]).spec
        verdict = attribution.belongs(behaviour, spec, run.answers[name], run.environments,
                                      [cause for cause in run.causes if cause.question.behaviour.name == name],
                                      run.old_rules.get(name, {}))
        verdict = verdict if run.init == "shared" else attribution.unless_chance(verdict, run.answers[name])
        verdicts[name] = attribution.concluded(verdict, behaviour.variants, run.unexplained_in)
    return replace(run, verdicts=verdicts)
