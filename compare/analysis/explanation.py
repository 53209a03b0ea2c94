"""Which fields explain the first divergence of two frameworks: found in every run by switching their values.

At the recorded state of the first divergence, the NumPy reference takes the same step in float64 with the defaults of
either framework. Fields are switched from one side's values to the other's until the smallest sets are known that turn
one side's tensor into the other's, in both directions. Then the frameworks themselves take the step with these sets
switched. A difference that no set reproduces is unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Collection

import numpy as np

from compare.analysis.attribution import without_consequences
from compare.analysis.causes import minimal_sets
from compare.analysis.causes.minimal_sets import Chosen
from compare.analysis.causes.questions import Suspect, suspected
from compare.analysis.first_divergence import FirstDivergence, ends
from compare.analysis.float32 import distance
from compare.analysis.noise import FACTOR, probed_in_float64
from compare.analysis.stages import TENSORS, StageResult
from compare.analysis.step_replays import kept_states
from compare.analysis.steps import Steps
from compare.execution import npz_files, trials
from compare.execution.data import Dataset
from compare.execution.output_folder import SWITCHED
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool, traces_of
from frameworks.environment import Environments
from frameworks.job import Job
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import mixed

NEAR = 0.01
"""In float64, a tensor equals a side's where it differs by at most this share of the difference of the two sides."""
MOST_SHOWN = 2
"""At most this many sufficient sets, and this many necessary sets, are switched in the frameworks themselves."""


@dataclass(frozen=True)
class Switch:
    """One step of a framework in which some fields have the other side's values."""

    framework: str
    changed: Chosen
    expected: float
    """The other side's value where the difference is largest."""
    value: float = float("nan")
    """The switched framework's value there; nan where it could not take the step."""
    holds: bool | None = None
    """Whether the whole tensor equals the other side's, within rounding; None where the step could not be taken."""


@dataclass(frozen=True)
class Explanation:
    """The fields that make two frameworks differ in one stage of their first divergence."""

    variant: str
    sides: tuple[str, str]
    stage: StageResult
    suspects: tuple[Suspect, ...] = ()
    """The fields in which the two sides differ."""
    sufficient: tuple[Chosen, ...] = ()
    """The smallest sets of fields with which the second side, given the first side's values, computes its tensor."""
    necessary: tuple[Chosen, ...] = ()
    """The smallest sets of fields with which the first side, given the second side's values, computes its tensor."""
    fields: tuple[Suspect, ...] = ()
    """The fields of these sets, without those that only follow from another field."""
    switched: tuple[Switch, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether there are sets in both directions that no switched framework contradicts."""
        return bool(self.sufficient and self.necessary) and not any(switch.holds is False for switch in self.switched)


@dataclass(frozen=True)
class Unconfirmed:
    """An explanation, with what is needed to confirm it on the frameworks."""

    explanation: Explanation
    ends: tuple[Spec, Spec]
    """The resolved specs of the two sides."""
    tensors: tuple[np.ndarray, np.ndarray] = field(repr=False)
    """The stage's tensor of the two sides."""
    owner: Trial
    """The training that recorded the state."""
    trace: Trace = field(repr=False)
    """The trace of this training."""


def explain(divergence: FirstDivergence, pair: tuple[Trial, Trial], environments: Environments, owner: Trial,
            trace: Trace, steps: Steps) -> list[Unconfirmed]:
    """Explain each stage that differs, the earliest first, except how the trainings ended.

    `owner`, `trace` and `steps` belong to the training that recorded the state. Returns an empty list where both sides
    are the NumPy reference: their definitions are the same, so only their precision differs.
    """
    if all(environments[trial.framework]["framework"] == "reference" for trial in pair):
        return []
    specs = ends(pair, environments)
    suspects = suspected(specs, pair, environments)
    results = []
    for stage in (stage for stage in divergence.stages if stage.differs and stage.name != "outcome"):
        explanation = Explanation(divergence.variant, divergence.sides, stage, suspects)
        explanation = _by_search(explanation, pair, specs, environments, steps) if stage.name in TENSORS else \
            _by_stage(explanation)
        tensors = divergence.tensors.get(stage.tensor, (np.zeros(0), np.zeros(0)))
        results.append(Unconfirmed(explanation, specs, tensors, owner, trace))
    return results


def _by_stage(explanation: Explanation) -> Explanation:
    """Explain a difference of data or initialization by all suspects of that stage; nothing has to be computed."""
    fields = tuple(suspect for suspect in explanation.suspects if suspect.stage == explanation.stage.name)
    sets = (frozenset(suspect.path for suspect in fields),) if fields else ()
    return replace(explanation, sufficient=sets, necessary=sets, fields=fields)


def _by_search(explanation: Explanation, pair: tuple[Trial, Trial], specs: tuple[Spec, Spec],
               environments: Environments, steps: Steps) -> Explanation:
    """Search the minimal sets of suspects with the reference in float64.

    Returns the explanation unchanged where the reference does not reproduce the difference of the frameworks.
    """
    stage = explanation.stage
    first, second = (probed_in_float64(spec, *steps.at(stage.step, spec), stage.tensor) for spec in specs)
    if first is None or second is None or first.shape != second.shape or not _reproduces(stage, first, second):
        return explanation
    names = [suspect.path for suspect in explanation.suspects]
    between_sides = distance(first, second)
    known: dict[Chosen, bool | None] = {}

    def is_first(chosen: Chosen) -> bool | None:
        """Whether the tensor equals the first side's (True) or the second side's (False); None for neither."""
        if chosen not in known:
            value = _mixture(specs, chosen, steps, stage.step, stage.tensor)
            known[chosen] = None if value is None or value.shape != first.shape else \
                True if distance(value, first) <= NEAR * between_sides else \
                False if distance(value, second) <= NEAR * between_sides else None
        return known[chosen]

    sufficient, necessary = minimal_sets.sufficient(names, is_first), minimal_sets.necessary(names, is_first)
    paths = frozenset().union(*sufficient, *necessary)
    fields = without_consequences([suspect for suspect in explanation.suspects if suspect.path in paths], pair[0].spec,
                                  *(environments[side] for side in explanation.sides))
    return replace(explanation, sufficient=tuple(sufficient), necessary=tuple(necessary), fields=tuple(fields))


def _mixture(specs: tuple[Spec, Spec], chosen: Chosen, steps: Steps, step: int, tensor: str) -> np.ndarray | None:
    """The tensor of the second side's spec with the first side's values of the fields `chosen`.

    Returns None where such a spec is invalid, or where the reference gives no value.
    """
    try:
        spec = mixed(specs[1], specs[0], chosen)
        return probed_in_float64(spec, *steps.at(step, spec), tensor)
    except SpecError:
        return None


def _reproduces(stage: StageResult, first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the resolved references differ by as much as the frameworks do, within rounding."""
    if not (np.isfinite(stage.size) and stage.noise > 0):
        return distance(first, second) == np.inf
    return abs(distance(first, second) - stage.size) <= 2 * FACTOR * stage.noise + NEAR * stage.size


def shown(unconfirmed: Collection[Unconfirmed], dataset: Dataset, folder: Path, pool: WorkerPool,
          limit: float) -> tuple[Explanation, ...]:
    """Confirm the explanations on the frameworks and return them with the results of the switches.

    `folder` is the folder of traces, `limit` the seconds allowed for one job.
    """
    switches = [_switches(item.explanation, item.tensors) for item in unconfirmed]
    replays: dict[tuple[int, int], Trial] = {}
    jobs: dict[Trial, Job] = {}
    for place, item in enumerate(unconfirmed):
        for number, switch in enumerate(switches[place]):
            side = item.explanation.sides.index(switch.framework)
            trial = replace(item.owner, variant=f"{item.owner.variant}.{place}.{number}", framework=switch.framework,
                            spec=mixed(item.ends[side], item.ends[1 - side], switch.changed))
            replays[place, number] = trial
            jobs[trial] = _job(trial, item, dataset, folder)
    done = traces_of(pool, jobs, limit)
    return tuple(replace(item.explanation, switched=tuple(
        _with_result(item, switch, done[replays[place, number]]) for number, switch in enumerate(switches[place])))
        for place, item in enumerate(unconfirmed))


def _switches(explanation: Explanation, tensors: tuple[np.ndarray, np.ndarray]) -> list[Switch]:
    """The second side with the sufficient sets switched, the first side with the necessary ones.

    Empty where the stage is unexplained, is not one of tensors, or has no single place of the largest difference.
    """
    stage, sides = explanation.stage, explanation.sides
    if not explanation.explained or stage.name not in TENSORS or not stage.index and tensors[0].ndim:
        return []
    first, second = (float(tensor[stage.index]) for tensor in tensors)
    return [*(Switch(sides[1], chosen, first) for chosen in explanation.sufficient[:MOST_SHOWN]),
            *(Switch(sides[0], chosen, second) for chosen in explanation.necessary[:MOST_SHOWN])]


def _job(trial: Trial, unconfirmed: Unconfirmed, dataset: Dataset, folder: Path) -> Job:
    """The job in which a switched framework replays the recorded step of another training."""
    place, step = folder.parent / SWITCHED, unconfirmed.explanation.stage.step
    place.mkdir(parents=True, exist_ok=True)
    states = place / f"{unconfirmed.owner.name}.{step}.npz"
    if not states.exists():
        npz_files.write(states, kept_states(unconfirmed.trace, [step]))
    return trials.replay(trial, dataset, folder, states, place)


def _with_result(unconfirmed: Unconfirmed, switch: Switch, trace: Trace) -> Switch:
    """A switch with the framework's value, and whether its tensor equals the other side's; unchanged without a tensor.
    """
    stage = unconfirmed.explanation.stage
    value = trace.arrays.get(f"probe/{stage.step}/{stage.tensor}")
    expected = unconfirmed.tensors[1 - unconfirmed.explanation.sides.index(switch.framework)]
    if value is None or value.shape != expected.shape:
        return switch
    return replace(switch, value=float(value[stage.index]),
                   holds=distance(value, expected) <= 2 * FACTOR * stage.noise + NEAR * stage.size)
