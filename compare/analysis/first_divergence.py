"""Where two frameworks first diverge in a training.

Training trajectories never meet again once they have diverged, so they are not compared with each other. Instead, each
side replays the other's steps from the states that the other has recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Collection, Mapping

import numpy as np

from compare.analysis import noise
from compare.analysis.attribution import without_consequences
from compare.analysis.causes.questions import Suspect, resolved_spec, suspected
from compare.analysis.float32 import distance
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON, TENSORS, StageResult, differing
from compare.analysis.step_replays import with_facts
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.environment import Environments
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec

OF_A_STEP = frozenset(DEPENDS_ON) - {"outcome"}  # the stages that a single step can evaluate


@dataclass(frozen=True)
class FirstDivergence:
    """The stages of two frameworks in one variant, at the first step where one differs, else at the first step."""

    variant: str
    sides: tuple[str, str]
    stages: list[StageResult]
    states: int
    """The number of recorded states at which both sides took a step."""
    owner: str = ""
    """The side with the recorded state that the step starts from; empty where no step differs or none was compared."""
    tensors: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)
    """The tensors of the stages that differ, as (left, right)."""
    unseen: tuple[Suspect, ...] = ()
    """The fields that the two sides resolve differently, where no compared step shows a difference; without those that
    only follow from another field."""
    matching: int | None = None
    """Where no step differs: the number of these states at which all that matches in the first step could be compared,
    and matches; None for all of them."""
    first: bool = True
    """Whether the step before it was compared too. If not, this step is only where the difference is first seen."""

    @property
    def step(self) -> int:
        """The training step, counted from 0."""
        return max(stage.step for stage in self.stages)


@dataclass(frozen=True)
class SharedStep:
    """One step that both sides take from a state that `owner` has recorded."""

    step: int
    owner: Trial
    left: Trace
    right: Trace


def find(left: Trial, right: Trial, traces: Mapping[Trial, Trace], replayed: Mapping[tuple[Trial, str], Trace],
         environments: Environments, steps: Mapping[Trial, Steps],
         requested: Collection[str] = OF_A_STEP) -> FirstDivergence:
    """Find where two trials of one variant first diverge, over the recorded states of both.

    Only a difference in a `requested` stage ends the search. Without replays of each other's steps, as where the sides
    have different numbers of steps per epoch, only data, initialization and outcome are compared.
    """
    left_trace, right_trace = traces[left], traces[right]
    shared_steps: list[SharedStep] = []
    if (left, right.framework) in replayed:
        by_right = with_facts(replayed[left, right.framework], right_trace)
        by_left = with_facts(replayed[right, left.framework], left_trace)
        shared_steps += [SharedStep(step, left, left_trace, by_right) for step in left_trace.probed_steps()]
        shared_steps += [SharedStep(step, right, by_left, right_trace) for step in right_trace.probed_steps()]
    specs = ends((left, right), environments)
    divergence, compared = _compared((left, right), shared_steps, specs, steps, requested)
    if divergence:
        return divergence
    stages = compared[0] if compared else compare_stages(left_trace, right_trace, None)
    return FirstDivergence(left.variant, (left.framework, right.framework), _with_widest_tolerance(stages, compared),
                           len(shared_steps), unseen=_unseen((left, right), specs, environments),
                           matching=_matching(stages, compared))


def _unseen(pair: tuple[Trial, Trial], specs: tuple[Spec, Spec], environments: Environments) -> tuple[Suspect, ...]:
    left, right = (environments[trial.framework] for trial in pair)
    return tuple(without_consequences(suspected(specs, pair, environments), pair[0].spec, left, right))


def _matching(stages: Collection[StageResult], compared: Collection[Collection[StageResult]]) -> int:
    """The number of compared steps in which every stage of tensors matches that matches in `stages`."""
    names = {stage.name for stage in stages if stage.differs is False and stage.name in TENSORS} - {"evaluation"}
    return sum(names <= {stage.name for stage in its_stages if stage.differs is False} for its_stages in compared)


def _with_widest_tolerance(stages: Collection[StageResult],
                           compared: Collection[Collection[StageResult]]) -> list[StageResult]:
    """The stages with the largest tolerance of all steps in which they match."""
    matches = [stage for its_stages in compared for stage in its_stages if stage.differs is False]
    return [replace(stage, tolerance=max([stage.tolerance, *(other.tolerance for other in matches
                                                             if other.name == stage.name)])) for stage in stages]


def ends(pair: tuple[Trial, Trial], environments: Environments) -> tuple[Spec, Spec]:
    """The specs of two trials, each resolved with the defaults of its framework."""
    left, right = pair
    return (resolved_spec(left.spec, environments[left.framework], left.init),
            resolved_spec(right.spec, environments[right.framework], right.init))


def first_differing_stage(pair: tuple[Trial, Trial], shared_steps: Collection[SharedStep], environments: Environments,
                          steps: Mapping[Trial, Steps]) -> FirstDivergence | None:
    """The earliest step at which a stage differs; None where there is none."""
    return _compared(pair, shared_steps, ends(pair, environments), steps, OF_A_STEP)[0]


def _compared(pair: tuple[Trial, Trial], shared_steps: Collection[SharedStep], specs: tuple[Spec, Spec],
              steps: Mapping[Trial, Steps],
              requested: Collection[str]) -> tuple[FirstDivergence | None, list[list[StageResult]]]:
    """(the earliest step at which one of the `requested` stages differs, the stages of the steps before it)."""
    left, right = pair
    compared: list[list[StageResult]] = []
    for shared in sorted(shared_steps, key=lambda shared: shared.step):
        stages = compare_stages(shared.left, shared.right, steps[shared.owner].noise(specs, shared.step), shared.step)
        different = differing(stages)
        if any(stage.name in requested for stage in different):
            names = {stage.tensor: f"probe/{shared.step}/{stage.tensor}" for stage in different}
            tensors = {tensor: (shared.left[name], shared.right[name]) for tensor, name in names.items()
                       if name in shared.left and name in shared.right}
            controlled = [_with_control(stage, specs, steps[shared.owner], shared.step) for stage in stages]
            return FirstDivergence(left.variant, (left.framework, right.framework), controlled, len(shared_steps),
                                   shared.owner.framework, tensors, first=shared.step < trials.FIRST_STEPS), compared
        compared.append(stages)
    return None, compared


def _with_control(stage: StageResult, specs: tuple[Spec, Spec], steps: Steps, step: int) -> StageResult:
    """A stage that differs, with its float64 control: a rounding difference shrinks there by about 1e-9, a difference
    of definition stays."""
    if not stage.differs:
        return stage
    left, right = (noise.probed_in_float64(spec, *steps.at(step, spec), stage.tensor) for spec in specs)
    return replace(stage, control=None if left is None or right is None else distance(left, right))
