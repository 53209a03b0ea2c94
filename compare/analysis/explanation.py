"""Which fields explain where two frameworks first differ: found by switching, in every run.

At the recorded state of the first divergence the NumPy reference, resolved as either framework, takes the same step in
float64; its fields are switched from one side's values to the other's until the smallest sets are known that make one
side's tensor of the other's, both ways. Then the frameworks themselves take the step with these sets switched. What no
set makes is unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Collection, Mapping

import numpy as np

from compare.analysis.attribution import without_consequences
from compare.analysis.causes import minimal_sets
from compare.analysis.causes.minimal_sets import Chosen
from compare.analysis.causes.questions import Environments, Suspect, suspected
from compare.analysis.first_divergence import FirstDivergence, ends, kept_states
from compare.analysis.noise import FACTOR, distance, probed_in_float64
from compare.analysis.stages import TENSORS, StageResult
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import mixed

NEAR = 0.01
"""In float64, a tensor is a side's where it is within this part of the gap between both sides."""
MOST_SHOWN = 2
"""Sets of either kind that the frameworks themselves are switched by."""
FOLDER = "switched"  # beside the folder of traces


@dataclass(frozen=True)
class Switch:
    """One step of a framework, some of whose fields have the other side's values."""

    framework: str
    changed: Chosen
    expected: float
    """Where the difference is largest: what the other side has there."""
    value: float = float("nan")
    """What the switched framework has there; nan where it could not take the step."""
    holds: bool | None = None
    """Whether the whole tensor is the other side's, within rounding; None where it could not be seen."""


@dataclass(frozen=True)
class Explanation:
    """What makes one stage of two frameworks differ at their first divergence."""

    variant: str
    sides: tuple[str, str]
    stage: StageResult
    suspects: tuple[Suspect, ...] = ()
    """The fields in which the two sides differ."""
    sufficient: tuple[Chosen, ...] = ()
    """The smallest sets whose values of the first side give the second one its tensor."""
    necessary: tuple[Chosen, ...] = ()
    """The smallest sets whose values of the second side give the first one its tensor."""
    fields: tuple[Suspect, ...] = ()
    """The fields of these sets that do not only follow from another one."""
    switched: tuple[Switch, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether there are sets both ways, and no framework that was switched contradicted them."""
        return bool(self.sufficient and self.necessary) and not any(one.holds is False for one in self.switched)


@dataclass(frozen=True)
class Found:
    """An explanation and what is needed to show it on the frameworks."""

    explanation: Explanation
    ends: tuple[Spec, Spec]
    tensors: tuple[np.ndarray, np.ndarray] = field(repr=False)
    owner: Trial
    """The training whose recorded state it is."""
    trace: Trace = field(repr=False)
    """Of this training."""


def explain(divergence: FirstDivergence, pair: tuple[Trial, Trial], environments: Environments, owner: Trial,
            trace: Trace,
            steps: Steps) -> list[Found]:
    """An explanation of each stage that differs, but for how the trainings ended; the earliest first.

    `trace` and `steps` are those of the training whose recorded state it is.

    The reference in two precisions is one definition: what differs there is precision.
    """
    if all(environments[one.framework]["framework"] == "reference" for one in pair):
        return []
    resolved, found = ends(pair, environments), []
    suspects = suspected(resolved, pair, environments)
    for stage in (stage for stage in divergence.stages if stage.differs and stage.name != "outcome"):
        one = Explanation(divergence.variant, divergence.sides, stage, suspects)
        tensors = divergence.tensors.get(stage.tensor, (np.zeros(0), np.zeros(0)))
        one = _searched(one, pair, resolved, environments, steps) if stage.name in TENSORS else _of_facts(one)
        found.append(Found(one, resolved, tensors, owner, trace))
    return found


def _of_facts(one: Explanation) -> Explanation:
    """What both were given is made by the fields that decide it, of which nothing has to be computed."""
    fields = tuple(suspect for suspect in one.suspects if suspect.stage == one.stage.name)
    sets = (frozenset(suspect.path for suspect in fields),) if fields else ()
    return replace(one, sufficient=sets, necessary=sets, fields=fields)


def _searched(one: Explanation, pair: tuple[Trial, Trial], ends: tuple[Spec, Spec], environments: Environments,
              steps: Steps) -> Explanation:
    step = one.stage.step
    first, second = (probed_in_float64(spec, *steps.at(step, spec), one.stage.tensor) for spec in ends)
    if first is None or second is None or first.shape != second.shape or not _accounts_for(one.stage, first, second):
        return one
    names = [suspect.path for suspect in one.suspects]
    gap = distance(first, second)
    known: dict[Chosen, bool | None] = {}

    def is_first(chosen: Chosen) -> bool | None:
        if chosen not in known:
            value = _mixture(ends, chosen, steps, step, one.stage.tensor)
            known[chosen] = None if value is None or value.shape != first.shape else \
                True if distance(value, first) <= NEAR * gap else \
                False if distance(value, second) <= NEAR * gap else None
        return known[chosen]

    sufficient, necessary = minimal_sets.sufficient(names, is_first), minimal_sets.necessary(names, is_first)
    paths = frozenset().union(*sufficient, *necessary)
    spec = pair[0].spec
    fields = without_consequences([suspect for suspect in one.suspects if suspect.path in paths], spec,
                                  *(environments[side] for side in one.sides))
    return replace(one, sufficient=tuple(sufficient), necessary=tuple(necessary), fields=tuple(fields))


def _mixture(ends: tuple[Spec, Spec], chosen: Chosen, steps: Steps, step: int, tensor: str) -> np.ndarray | None:
    """The tensor where `chosen` are as on the first side; None where such a spec cannot be, or gives no value."""
    try:
        spec = mixed(ends[1], ends[0], chosen)
        return probed_in_float64(spec, *steps.at(step, spec), tensor)
    except SpecError:
        return None


def _accounts_for(stage: StageResult, first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the resolved references are as far apart as the frameworks, within rounding, where these are farthest."""
    if not (np.isfinite(stage.size) and stage.noise > 0):
        return distance(first, second) == np.inf
    return abs(distance(first, second) - stage.size) <= 2 * FACTOR * stage.noise + NEAR * stage.size


def shown(found: Collection[Found], dataset: Dataset, folder: Path, pool: WorkerPool,
          limit: float) -> tuple[Explanation, ...]:
    """The explanations with what the frameworks do when they are switched; `folder` is that of the traces."""
    wanted = {(place, number): (one, switch) for place, one in enumerate(found)
              for number, switch in enumerate(_switches(one.explanation, one.tensors))}
    jobs: dict[Trial, Mapping[str, Any]] = {}
    of = {}
    for (place, number), (one, switch) in wanted.items():
        side = one.explanation.sides.index(switch.framework)
        trial = replace(one.owner, variant=f"{one.owner.variant}.{place}.{number}", framework=switch.framework,
                        spec=mixed(one.ends[side], one.ends[1 - side], switch.changed))
        of[place, number] = trial
        jobs[trial] = _job(trial, one, dataset, folder)
    done: dict[Trial, Trace] = {}
    pool.work(jobs, limit, lambda trial, event: None, done.__setitem__)
    return tuple(replace(one.explanation, switched=tuple(
        _seen(one, switch, done[of[place, number]])
        for number, switch in enumerate(_switches(one.explanation, one.tensors))))
        for place, one in enumerate(found))


def _switches(one: Explanation, tensors: tuple[np.ndarray, np.ndarray]) -> list[Switch]:
    """The second side with the sufficient sets, the first one with the necessary ones; none where it is unexplained."""
    if not one.explained or one.stage.name not in TENSORS or not one.stage.index and tensors[0].ndim:
        return []
    first, second = (float(tensor[one.stage.index]) for tensor in tensors)
    return [*(Switch(one.sides[1], chosen, first) for chosen in one.sufficient[:MOST_SHOWN]),
            *(Switch(one.sides[0], chosen, second) for chosen in one.necessary[:MOST_SHOWN])]


def _job(trial: Trial, one: Found, dataset: Dataset, folder: Path) -> dict[str, Any]:
    """Another training's one recorded step, as a switched framework takes it."""
    place, step = folder.parent / FOLDER, one.explanation.stage.step
    place.mkdir(parents=True, exist_ok=True)
    of = place / f"{one.owner.name}.{step}.npz"
    if not of.exists():
        np.savez(of, **kept_states(one.trace, [step]))  # type: ignore[arg-type]
    return {**trials.job(trial, dataset, folder), "verb": "replay", "of": str(of),
            "out": str(place / f"{trial.name}.npz")}


def _seen(one: Found, switch: Switch, trace: Trace) -> Switch:
    stage = one.explanation.stage
    value = trace.arrays.get(f"probe/{stage.step}/{stage.tensor}")
    expected = one.tensors[1 - one.explanation.sides.index(switch.framework)]
    if value is None or value.shape != expected.shape:
        return switch
    return replace(switch, value=float(value[stage.index]),
                   holds=distance(value, expected) <= 2 * FACTOR * stage.noise + NEAR * stage.size)
