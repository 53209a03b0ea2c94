"""Compares the recorded steps of a run's trainings, and those of `fit` between them.

Of the first seed of each reported variant, the first divergence of the first two frameworks is found and explained, and
each framework's steps are compared with the NumPy reference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Iterable, Mapping

from compare.analysis import (
    exact_step,
    explanation,
    first_divergence,
    first_layer,
    step_replays,
    unexplained,
)
from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.steps import Steps
from compare.analysis.unexplained import UnexplainedDifference
from compare.execution.output_folder import TRACES
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Trace


def uncompared(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str],
               compared: Collection[Trial]) -> tuple[Coverage, ...]:
    """Returns the coverage of those trainings of these variants of which no step was recorded."""
    unrecorded = [(trial, trace) for trial, trace in traces.items() if trial.framework in run.environments and
               trial.variant in variants and trial.seed == 0 and trial not in compared and
               run.environments[trial.framework]["framework"] != "reference"]
    return tuple(Coverage(trial.variant, trial.framework, 0, len(trace.arrays.get("step/loss", ())), None,
                          "each framework had its own initialization and order" if trial.init == "native" else
                          "no step of it was recorded") for trial, trace in unrecorded)


def first_divergences(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str],
                      frameworks: tuple[str, str], stages: Collection[str], pool: WorkerPool,
                      limit: float) -> dict[str, FirstDivergence]:
    """Returns, by variant, the first divergence of two frameworks at one of these stages.

    Variants are left out where one of the frameworks has no recorded steps. `limit` is in seconds of one framework's
    replay.
    """
    chosen = {trial: trace for trial, trace in traces.items() if trial.framework in frameworks}
    trained = with_steps(run, chosen, variants)
    pairs = pairs_of(frameworks, trained)
    replayed = step_replays.replays(trained, list(pairs.values()), run.environments, run.dataset,
                                    run.folder / TRACES, pool, limit)
    steps = _steps(run, trained)
    return {name: first_divergence.find(*pair, trained, replayed, run.environments, steps, stages)
            for name, pair in pairs.items()}


def with_steps(run: Result, traces: Mapping[Trial, Trace], variants: Collection[str]) -> dict[Trial, Trace]:
    """The traces of these variants' first seed that have recorded steps."""
    return {trial: trace for trial, trace in traces.items() if trial.framework in run.environments and
            trial.variant in variants and trial.seed == 0 and trace.probed_steps()}


def pairs_of(frameworks: Iterable[str], trained: Iterable[Trial]) -> dict[str, tuple[Trial, Trial]]:
    """By variant, the trials of the first two of these frameworks that have one."""
    by_variant = {name: [trial for framework in frameworks for trial in trained
                         if (trial.variant, trial.framework) == (name, framework)]
                  for name in dict.fromkeys(trial.variant for trial in trained)}
    return {name: (its_trials[0], its_trials[1]) for name, its_trials in by_variant.items() if len(its_trials) > 1}


def divergences_of(run: Result, trained: Mapping[Trial, Trace], pairs: Mapping[str, tuple[Trial, Trial]],
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
             replayed[trial, step_replays.BY_DEFAULTS])
            for trial in step_replays.of_real_frameworks(trained, run.environments)]
    examined = [unexplained.examined(trial, trace, replay, environment, its_steps)
                for trial, trace, environment, its_steps, replay in each]
    all_differences = [difference for its_differences, _ in examined for difference in its_differences]
    compared = replace(
        run, divergences=divergences,
        unexplained_differences=tuple(difference for difference in all_differences if not difference.candidates),
        not_known=tuple(difference for difference in all_differences if difference.candidates),
        coverage=tuple(coverage for _, coverage in examined),
        loss_offsets=tuple(unexplained.loss_offset(trial, trace, replayed, environment, its_steps)
                           for trial, trace, environment, its_steps, _ in each))
    return compared, steps


def explanations_of(run: Result, pairs: Mapping[str, tuple[Trial, Trial]], steps: Mapping[Trial, Steps],
                    again: step_replays.Again) -> tuple[Result, list[explanation.Unconfirmed]]:
    """(the result with the exact step of each first divergence, the explanations of what differs at these steps).

    Unexplained differences of the outputs name the first layer that has one.
    """
    divergences, explanations = dict(run.divergences), []
    for name, pair in pairs.items():
        divergences[name], explained = exact_step.explained(divergences[name], pair, steps, again)
        explanations += explained
    differences = tuple(_with_layer(difference, steps, again) for difference in run.unexplained_differences)
    return replace(run, divergences=divergences, unexplained_differences=differences), explanations


def _with_layer(difference: UnexplainedDifference, steps: Mapping[Trial, Steps],
                again: step_replays.Again) -> UnexplainedDifference:
    """An unexplained difference with the first layer that has other outputs than the reference, if there is one."""
    trial = next(trial for trial in steps if (trial.variant, trial.framework) ==
                 (difference.variant, difference.framework))
    spec = resolved_spec(trial.spec, again.environments[trial.framework], trial.init)
    by_reference = replace(trial, framework=SEARCH_FRAMEWORK, spec=spec)
    stage, = first_layer.named([difference.stage], (trial, by_reference), (spec, spec), trial, again.traces[trial],
                               steps[trial], again)
    return replace(difference, stage=stage)


def _steps(run: Result, trained: Mapping[Trial, Trace]) -> dict[Trial, Steps]:
    """The steps of each training, with the spec as its framework resolves it."""
    return {trial: Steps(replace(trial, spec=resolved_spec(trial.spec, run.environments[trial.framework], trial.init)),
                         trace, run.dataset, run.folder / TRACES) for trial, trace in trained.items()}
