"""Where two frameworks first diverge in a training, and which differences no known default explains.

Training trajectories never meet again once they have diverged, so they are not compared with each other. Instead, each
side replays the other's steps from the states that the other has recorded. Unexplained differences are found with the
NumPy reference: resolved with all known defaults of a side, it replays that side's steps. Where its result differs, the
side does something that the default rules do not contain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Collection, Iterable, Mapping

import numpy as np

from compare.analysis import noise
from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.float32 import distance
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage, replay_fit
from compare.analysis.reported import last_metrics, last_test, reported
from compare.analysis.stages import DEPENDS_ON, StageResult, compare_stages, differing
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.initialization import REFERENCE
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.environment import Environment, Environments
from frameworks.quirks.resolution import not_known
from frameworks.quirks.rule import DefaultRule
from frameworks.runtime import probing
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import differences

BY_DEFAULTS = "by its defaults"  # replays by the reference, resolved with the side's own defaults
BY_REFERENCE = "by the reference"  # replays by the reference, resolved with the reference's defaults
REPLAYS = "replays"  # a folder next to the folder of traces
OF_A_STEP = frozenset(DEPENDS_ON) - {"outcome"}  # the stages that a single step can evaluate


@dataclass(frozen=True)
class FirstDivergence:
    """The stages of two frameworks in one variant, at the first step where one differs, else at the first step."""

    variant: str
    sides: tuple[str, str]
    stages: list[StageResult]
    states: int
    """The number of recorded states that were compared."""
    owner: str = ""
    """The side whose recorded state the step starts from; empty where no step differs or none was compared."""
    tensors: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)
    """The tensors of the stages that differ, as (left, right)."""
    unseen: tuple[str, ...] = ()
    """The fields that the two sides resolve differently, where no compared step shows a difference."""
    first: bool = True
    """Whether the step before it was compared too. If not, this step is only where the difference is first seen."""

    @property
    def step(self) -> int:
        """The training step, counted from 0."""
        return max(stage.step for stage in self.stages)


@dataclass(frozen=True)
class Way:
    """One step that both sides take from a state that `owner` has recorded."""

    step: int
    owner: Trial
    left: Trace
    right: Trace


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


def replays(planned: Mapping[Trial, Trace], pairs: list[tuple[Trial, Trial]], environments: Environments,
            dataset: Dataset, folder: Path, pool: WorkerPool, limit: float) -> dict[tuple[Trial, str], Trace]:
    """Replay each trial's recorded steps.

    They are replayed by its partner in `pairs`, by the reference with the trial's defaults, and by the reference with
    its own defaults. `folder` is that of the traces, `limit` the seconds allowed for one job. Returns the replays by
    (trial, framework or `BY_DEFAULTS` or `BY_REFERENCE`).
    """
    requested: dict[tuple[Trial, str], Trial] = {}
    for trial in of_real_frameworks(planned, environments):
        resolved = resolved_spec(trial.spec, environments[trial.framework], trial.init)
        by_defaults = replace(trial, variant=f"{trial.variant}.{trial.framework}.resolved", framework=SEARCH_FRAMEWORK,
                              spec=resolved)
        reference = replace(resolved_spec(trial.spec, REFERENCE, trial.init), training=resolved.training)
        requested[trial, BY_DEFAULTS] = by_defaults
        requested[trial, BY_REFERENCE] = by_defaults if reference == resolved else replace(
            by_defaults, variant=f"{trial.variant}.{trial.framework}.textbook", spec=reference)
    for pair in pairs:
        if len({planned[trial].facts["steps_per_epoch"] for trial in pair}) == 1:
            for owner, taker in (pair, pair[::-1]):
                requested[owner, taker.framework] = replace(taker, variant=f"{owner.variant}.{owner.framework}")
    place = folder.parent / REPLAYS
    place.mkdir(parents=True, exist_ok=True)
    jobs = {replay: trials.replay(replay, dataset, folder, folder / f"{owner.name}.npz", place)
            for (owner, _), replay in requested.items()}
    done: dict[Trial, Trace] = {}
    pool.work(jobs, limit, lambda trial, event: None, done.__setitem__)
    return {key: done[replay] for key, replay in requested.items()}


def of_real_frameworks(candidates: Iterable[Trial], environments: Environments) -> list[Trial]:
    """The trials that are examined for unexplained differences: all but the reference's own."""
    return [trial for trial in candidates if environments[trial.framework]["framework"] != "reference"]


def find(left: Trial, right: Trial, traces: Mapping[Trial, Trace], replayed: Mapping[tuple[Trial, str], Trace],
         environments: Environments, steps: Mapping[Trial, Steps],
         requested: Collection[str] = OF_A_STEP) -> FirstDivergence:
    """Find where two trials of one variant first diverge, over the recorded states of both.

    Only a difference in a `requested` stage ends the search. Without replays of each other's steps, as where the sides
    have different numbers of steps per epoch, only data, initialization and outcome are compared.
    """
    left_trace, right_trace = traces[left], traces[right]
    ways: list[Way] = []
    if (left, right.framework) in replayed:
        ways += [Way(step, left, left_trace, with_facts(replayed[left, right.framework], right_trace))
                 for step in left_trace.probed_steps()]
        ways += [Way(step, right, with_facts(replayed[right, left.framework], left_trace), right_trace)
                 for step in right_trace.probed_steps()]
    divergence = first_differing_stage((left, right), ways, environments, steps, requested)
    if divergence:
        return divergence
    specs = ends((left, right), environments)
    stages = compare_stages(ways[0].left, ways[0].right, steps[left].noise(specs, 0), 0) if ways else \
        compare_stages(left_trace, right_trace, None)
    return FirstDivergence(left.variant, (left.framework, right.framework), stages, len(ways),
                           unseen=tuple(differences(*specs)))


def ends(pair: tuple[Trial, Trial], environments: Environments) -> tuple[Spec, Spec]:
    """The specs of two trials, each resolved with the defaults of its framework."""
    left, right = pair
    return (resolved_spec(left.spec, environments[left.framework], left.init),
            resolved_spec(right.spec, environments[right.framework], right.init))


def first_differing_stage(pair: tuple[Trial, Trial], ways: Collection[Way], environments: Environments,
                          steps: Mapping[Trial, Steps],
                          requested: Collection[str] = OF_A_STEP) -> FirstDivergence | None:
    """The earliest step at which one of the `requested` stages differs; None where there is none."""
    left, right = pair
    specs = ends(pair, environments)
    for way in sorted(ways, key=lambda way: way.step):
        stages = compare_stages(way.left, way.right, steps[way.owner].noise(specs, way.step), way.step)
        different = differing(stages)
        if any(stage.name in requested for stage in different):
            names = {stage.tensor: f"probe/{way.step}/{stage.tensor}" for stage in different}
            tensors = {tensor: (way.left[name], way.right[name]) for tensor, name in names.items()
                       if name in way.left and name in way.right}
            controlled = [_with_control(stage, specs, steps[way.owner], way.step) for stage in stages]
            return FirstDivergence(left.variant, (left.framework, right.framework), controlled, len(ways),
                                   way.owner.framework, tensors, first=way.step < trials.FIRST_STEPS)
    return None


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
    found = next((of_step for of_step in different.values() if of_step), [])
    sound = {step: of_step for step, of_step in noises.items()
             if not {stage.name for stage in different[step]} & {"forward", "loss"}}
    taken = len(trace.arrays.get("step/loss", ()))
    if {stage.name for stage in found} & {"data", "initialization"}:
        return _ordered(trial, found), Coverage(trial.variant, trial.framework, 0, taken, None,
                                                "its data or its initialization is another")
    found = reported(trace, str(spec.accuracy.rule), sound, trials.FIRST_STEPS) + found
    if not {stage.name for stage in found} & {"forward", "loss"}:  # else the loss of an evaluation differs as a result
        found += last_test(spec, trace, steps.test_labels) + last_metrics(spec, trace, steps.test_labels)
    along = replay_fit(spec, trace, steps)
    evaluations = [stage for step, of_step in stages.items() if f"probe/{step}/evaluated/loss" in trace
                   for stage in of_step if stage.name == "evaluation" and stage.differs is not None]
    finite = "last/outputs" in trace and bool(np.isfinite(trace["evaluated/test/loss"][-1:]).all())
    coverage = Coverage(trial.variant, trial.framework, along.compared, taken, along.size, along.reason,
                        len(evaluations), min(probing.EVALUATED, len(steps.test_labels)),
                        len(trace["last/outputs"]) if finite else 0)
    earlier = [stage for stage in along.stages if all(stage.step < known.step for known in found)]
    reached = along.stages[0].step if along.stages and along.complete else 0
    candidates = _candidates(trial.spec, trace, environment, sound)
    return [replace(difference, candidates=candidates if difference.stage.name == "metric" else ())
            for difference in _ordered(trial, found + earlier, reached)], coverage


def _candidates(spec: Spec, trace: Trace, environment: Environment,
                noises: Mapping[int, Mapping[str, float]]) -> tuple[DefaultRule, ...]:
    """The accuracy rules of the nearest versions with verified rules, where one of them explains the accuracies."""
    rules = not_known(spec, environment).get("accuracy.rule", ())
    explains = any(all(stage.name != "metric" for stage in reported(trace, str(rule.value), noises, trials.FIRST_STEPS))
                   for rule in rules)
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


def _with_control(stage: StageResult, specs: tuple[Spec, Spec], steps: Steps, step: int) -> StageResult:
    """A stage that differs, with its float64 control: a rounding difference shrinks there by about 1e-9, a difference
    of definition stays."""
    if not stage.differs:
        return stage
    left, right = (noise.probed_in_float64(spec, *steps.at(step, spec), stage.tensor) for spec in specs)
    return replace(stage, control=None if left is None or right is None else distance(left, right))


def with_facts(replay: Trace, trace: Trace) -> Trace:
    """The arrays of a replay with the facts, batch checksums, initial weights and reported losses of a training."""
    kept = {name: value for name, value in trace.arrays.items()
            if name.startswith(("state/0/weight/", "batch_checksum/")) or name == "reported/train/loss"}
    return Trace(trace.facts, {**replay.arrays, **kept})


def kept_states(trace: Trace, places: Iterable[int]) -> dict[str, np.ndarray]:
    """The arrays of the states before the steps `places`, in the form that a replay reads: with a probe at each."""
    prefixes = tuple(f"state/{place}/" for place in places)
    arrays = {name: value for name, value in trace.arrays.items() if name.startswith((*prefixes, "reported/"))}
    return {**arrays, **{f"probe/{place}/loss": np.array(np.nan) for place in places}}
