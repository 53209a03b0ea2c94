"""Differences between a framework and the NumPy reference that no known default explains.

The reference, resolved with all known defaults of a side, replays that side's steps. Where its result differs, the side
does something that the default rules do not contain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Mapping

import numpy as np

from compare.analysis.causes.questions import resolved_spec
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage, replay_fit
from compare.analysis.reported import last_metrics, last_test, regularized, reported
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON, StageResult, differing
from compare.analysis.step_replays import BY_DEFAULTS, BY_REFERENCE, with_facts
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.environment import Environment
from frameworks.quirks.resolution import not_known
from frameworks.quirks.rule import DefaultRule
from frameworks.runtime import probing
from frameworks.runtime.trace import Trace
from scenarios.spec.fields import changed


@dataclass(frozen=True)
class UnexplainedDifference:
    """A difference between a framework and the NumPy reference, resolved with its known defaults, above rounding.

    The values of `stage` are (the framework's, the reference's).
    """

    variant: str
    framework: str
    stage: StageResult
    first: bool = True
    """Whether every step before it was compared. If not, this step is only where the difference is first seen."""
    candidates: tuple[DefaultRule, ...] = ()
    """Where the rules do not cover this version: the rules of the nearest versions before and after it, one of which
    explains the difference."""


@dataclass(frozen=True)
class LossOffset:
    """The difference between a side's losses and the reference's, each of one step from the same recorded state."""

    variant: str
    framework: str
    steps: tuple[int, ...]
    """The training steps, counted from 0."""
    to_reference: tuple[float, ...]
    """The side's loss − the NumPy reference's; nan where the reference has none."""
    unexplained: tuple[float, ...]
    """The side's loss − that of the reference with all known defaults of the side."""
    tolerance: tuple[float, ...]
    """The rounding tolerance, `FACTOR` times the noise; nan where the noise could not be measured."""


def unexplained_differences(trial: Trial, trace: Trace, replay: Trace, environment: Environment,
                            steps: Steps) -> list[UnexplainedDifference]:
    """The differences of a side that its known defaults do not explain; see `examined`."""
    return examined(trial, trace, replay, environment, steps)[0]


def examined(trial: Trial, trace: Trace, replay: Trace, environment: Environment,
             steps: Steps) -> tuple[list[UnexplainedDifference], Coverage]:
    """The differences of a side that its known defaults do not explain, and how much of the training was compared.

    `replay` is that by the reference with the side's defaults. Compared are single steps from recorded states, up to
    the first state with a difference; the side's reported losses and accuracies; and the training between the states.
    """
    spec = resolved_spec(trial.spec, environment, trial.init)
    measured = {step: steps.noise((spec,), step) for step in trace.probed_steps()}
    noises = {step: of_step for step, of_step in measured.items() if of_step is not None}
    expected = with_facts(replay, trace)
    expected.arrays.update({f"state/0/weight/{name}": value for name, value in steps.weights.items()
                            if f"state/0/weight/{name}" in trace})
    expected.arrays.update(steps.marks(len(trace.arrays.get("batch_checksum/labels", ()))))
    stages = {step: compare_stages(trace, expected, of_step, step) for step, of_step in noises.items()}
    different = {step: differing(of_step) for step, of_step in stages.items()}
    results = next((of_step for of_step in different.values() if of_step), [])
    sound = {step: of_step for step, of_step in noises.items()
             if not {stage.name for stage in different[step]} & {"forward", "loss"}}
    taken = len(trace.arrays.get("step/loss", ()))
    if {stage.name for stage in results} & {"data", "initialization"}:
        return _ordered(trial, results), Coverage(trial.variant, trial.framework, 0, taken, None,
                                                  "its data or its initialization is another")
    results = reported(spec, trace, sound, trials.FIRST_STEPS) + results
    if not {stage.name for stage in results} & {"forward", "loss"}:  # else the loss of an evaluation differs too
        results += last_test(spec, trace, steps.test_labels) + last_metrics(spec, trace, steps.test_labels)
    along = replay_fit(spec, trace, steps)
    evaluations = [stage for step, of_step in stages.items() if f"probe/{step}/evaluated/loss" in trace
                   for stage in of_step if stage.name == "evaluation" and stage.differs is not None]
    finite = "last/outputs" in trace and bool(np.isfinite(trace["evaluated/test/loss"][-1:]).all())
    coverage = Coverage(trial.variant, trial.framework, along.compared, taken, along.size, along.reason,
                        len(evaluations), min(probing.EVALUATED, len(steps.test_labels)),
                        len(trace["last/outputs"]) if finite and not regularized(spec) else 0)
    earlier = [stage for stage in along.stages if all(stage.step < known.step for known in results)]
    reached = along.stages[0].step if along.stages and along.complete else 0
    candidates = _candidates(trial, trace, environment, sound)
    return [replace(difference, candidates=candidates if difference.stage.name == "metric" else ())
            for difference in _ordered(trial, results + earlier, reached)], coverage


def _candidates(trial: Trial, trace: Trace, environment: Environment,
                noises: Mapping[int, Mapping[str, float]]) -> tuple[DefaultRule, ...]:
    """The accuracy rules of the nearest versions with verified rules, where one of them explains the accuracies."""
    rules = not_known(trial.spec, environment).get("accuracy.rule", ())
    resolved = resolved_spec(trial.spec, environment, trial.init)
    explains = any(all(stage.name != "metric" for stage in reported(
        changed(resolved, {"accuracy.rule": rule.value}), trace, noises, trials.FIRST_STEPS)) for rule in rules)
    return tuple(rules) if explains else ()


def _ordered(trial: Trial, stages: list[StageResult], reached: int = 0) -> list[UnexplainedDifference]:
    """The stages as unexplained differences, in the order of `DEPENDS_ON`.

    All steps before `reached` were compared, and so were the chained steps at the beginning of the training.
    """
    return [UnexplainedDifference(trial.variant, trial.framework, stage,
                                  stage.step <= max(reached, trials.FIRST_STEPS - 1))
            for stage in sorted(stages, key=lambda stage: list(DEPENDS_ON).index(stage.name))]


def loss_offset(trial: Trial, trace: Trace, replayed: Mapping[tuple[Trial, str], Trace],
                environment: Environment, steps: Steps) -> LossOffset:
    """The difference between a side's losses and the reference's at the states that the side has recorded."""
    spec, places = resolved_spec(trial.spec, environment, trial.init), tuple(trace.probed_steps())
    noises = [steps.noise((spec,), step) for step in places]
    actual, by_defaults, by_reference = (
        [float(side[name]) if (name := f"probe/{step}/loss") in side else np.nan for step in places]
        for side in (trace, replayed[trial, BY_DEFAULTS], replayed[trial, BY_REFERENCE]))
    return LossOffset(trial.variant, trial.framework, places,
                      tuple(a - b for a, b in zip(actual, by_reference)),
                      tuple(a - b for a, b in zip(actual, by_defaults)),
                      tuple(FACTOR * of_step["loss"] if of_step is not None else np.nan for of_step in noises))
