"""Where two frameworks first part on the way of a training, and what of it no known difference explains.

Trajectories part for good, so nothing is compared along them: each side takes the other's steps, from the states that
the other has recorded. What is left over is found by the reference: told all that the table knows of a side, it takes
that side's own steps, and where it does not get the same, the side does something that the table does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Collection, Iterable, Mapping

import numpy as np

from compare.analysis import noise
from compare.analysis.causes.questions import Environments, closed
from compare.analysis.causes.search import SEARCH_FRAMEWORK
from compare.analysis.noise import FACTOR
from compare.analysis.replay import Coverage, walk
from compare.analysis.reported import last_test, reported
from compare.analysis.stages import DEPENDS_ON, StageResult, compare_stages, differing
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.initialization import REFERENCE
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.quirks.resolution import DefaultRule, not_known
from frameworks.runtime import probing
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import differences

BY_DEFAULTS = "by its defaults"  # who takes steps where it is no framework: the reference, resolved as that side
BY_REFERENCE = "by the textbook"  # or by the textbook's defaults
REPLAYS = "replays"  # beside the folder of traces
OF_A_STEP = frozenset(DEPENDS_ON) - {"outcome"}  # the gates that a single step can open


@dataclass(frozen=True)
class FirstDivergence:
    """The gates of two frameworks in one variant: of the first step that opens one, or else of the first step."""

    variant: str
    sides: tuple[str, str]
    stages: list[StageResult]
    states: int
    """How many recorded states were compared."""
    owner: str = ""
    """The side whose recorded state that step begins with; nothing where steps were not compared."""
    tensors: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)
    """The tensors of the gates that are open there, of both sides."""
    unseen: tuple[str, ...] = ()
    """The fields that the two resolve differently, where no compared step shows any difference."""
    first: bool = True
    """Whether the step before it was compared too: else the difference is only first seen there."""

    @property
    def step(self) -> int:
        """The step of the training, counted from 0."""
        return max(stage.step for stage in self.stages)


@dataclass(frozen=True)
class Way:
    """A step of a training that both sides take from the state that its owner has recorded."""

    step: int
    owner: Trial
    left: Trace
    right: Trace


@dataclass(frozen=True)
class UnexplainedDifference:
    """What a side does that is neither what the table knows of it nor rounding; the values: the side's, the table's."""

    variant: str
    framework: str
    stage: StageResult
    first: bool = True
    """Whether every step before it was compared: else it is only where the difference is first seen."""
    candidates: tuple[DefaultRule, ...] = ()
    """Where the rules do not reach this version: what holds before it and after it, of which one explains this."""


@dataclass(frozen=True)
class LossOffset:
    """How far a side's losses are from the reference's, each of one step from the same recorded weights and batch."""

    variant: str
    framework: str
    steps: tuple[int, ...]
    """Of the training, counted from 0."""
    to_reference: tuple[float, ...]
    """The side's loss − the NumPy reference's; nan where that has none."""
    unexplained: tuple[float, ...]
    """The side's loss − that of the reference with all known defaults of the side."""
    tolerance: tuple[float, ...]
    """What would not count as a difference: `FACTOR` times the noise; nan where it could not be measured."""


def replays(planned: Mapping[Trial, Trace], pairs: list[tuple[Trial, Trial]], environments: Environments,
            dataset: Dataset, folder: Path, pool: WorkerPool, limit: float) -> dict[tuple[Trial, str], Trace]:
    """Each trial's recorded steps as its partner takes them, and as the reference does by that side's own defaults, and
    by the textbook's."""
    wanted: dict[tuple[Trial, str], Trial] = {}
    for one in asked_of_the_table(planned, environments):
        resolved = closed(one.spec, environments[one.framework], one.init)
        wanted[one, BY_DEFAULTS] = replace(one, variant=f"{one.variant}.{one.framework}.resolved",
                                           framework=SEARCH_FRAMEWORK,
                                       spec=resolved)
        reference = replace(closed(one.spec, REFERENCE, one.init), training=resolved.training)
        wanted[one, BY_REFERENCE] = wanted[one, BY_DEFAULTS] if reference == resolved else replace(
            wanted[one, BY_DEFAULTS], variant=f"{one.variant}.{one.framework}.textbook", spec=reference)
    for one, other in (pair for pair in pairs if len({planned[side].facts["steps_per_epoch"] for side in pair}) == 1):
        for owner, taker in ((one, other), (other, one)):
            wanted[owner, taker.framework] = replace(taker, variant=f"{owner.variant}.{owner.framework}")
    place = folder.parent / REPLAYS
    place.mkdir(parents=True, exist_ok=True)
    jobs = {replay: {**trials.job(replay, dataset, folder), "verb": "replay", "of": str(folder / f"{owner.name}.npz"),
                     "out": str(place / f"{replay.name}.npz")} for (owner, _), replay in wanted.items()}
    done: dict[Trial, Trace] = {}
    pool.work(jobs, limit, lambda trial, event: None, done.__setitem__)
    return {key: done[replay] for key, replay in wanted.items()}


def asked_of_the_table(trials: Iterable[Trial], environments: Environments) -> list[Trial]:
    """The trials of which leftovers are asked: not the reference's own, whose defaults are what it is told."""
    return [one for one in trials if environments[one.framework]["framework"] != "reference"]


def find(one: Trial, other: Trial, traces: Mapping[Trial, Trace], replayed: Mapping[tuple[Trial, str], Trace],
            environments: Environments, steps: Mapping[Trial, Steps],
            asked: Collection[str] = OF_A_STEP) -> FirstDivergence:
    """Where two trials of one variant first part, on the states of either; not asked where their steps are others.

    Gates that are not `asked` do not end the way to the first state that opens one.
    """
    mine, theirs = traces[one], traces[other]
    ways: list[Way] = []
    if (one, other.framework) in replayed:
        ways += [Way(step, one, mine, with_facts(replayed[one, other.framework], theirs))
                 for step in mine.probed_steps()]
        ways += [Way(step, other, with_facts(replayed[other, one.framework], mine), theirs)
                 for step in theirs.probed_steps()]
    found = first_differing_stage((one, other), ways, environments, steps, asked)
    if found:
        return found
    specs = ends((one, other), environments)
    first = compare_stages(ways[0].left, ways[0].right, steps[one].noise(specs, 0), 0) if ways else \
        compare_stages(mine, theirs, None)
    return FirstDivergence(one.variant, (one.framework, other.framework), first, len(ways),
                           unseen=tuple(differences(*specs)))


def ends(pair: tuple[Trial, Trial], environments: Environments) -> tuple[Spec, Spec]:
    """The specs of two trials, resolved as their frameworks do."""
    one, other = pair
    return (closed(one.spec, environments[one.framework], one.init),
            closed(other.spec, environments[other.framework], other.init))


def first_differing_stage(pair: tuple[Trial, Trial], ways: Collection[Way], environments: Environments,
               steps: Mapping[Trial, Steps], asked: Collection[str] = OF_A_STEP) -> FirstDivergence | None:
    """The earliest of these steps that opens one of the gates that are asked; None where there is none."""
    one, other = pair
    specs = ends(pair, environments)
    for way in sorted(ways, key=lambda way: way.step):
        found = compare_stages(way.left, way.right, steps[way.owner].noise(specs, way.step), way.step)
        if any(stage.name in asked for stage in differing(found)):
            names = {stage.tensor: f"probe/{way.step}/{stage.tensor}" for stage in differing(found)}
            return FirstDivergence(one.variant, (one.framework, other.framework),
                           [_controlled(stage, specs, steps[way.owner], way.step) for stage in found], len(ways),
                           way.owner.framework, {tensor: (way.left[name], way.right[name])
                                                 for tensor, name in names.items()
                                                 if name in way.left and name in way.right},
                           first=way.step < trials.FIRST_STEPS)
    return None


def unexplained_differences(one: Trial, trace: Trace, replay: Trace, environment: Mapping[str, Any],
                            steps: Steps) -> list[UnexplainedDifference]:
    """What a side does that its defaults do not say: see `examined`."""
    return examined(one, trace, replay, environment, steps)[0]


def examined(one: Trial, trace: Trace, replay: Trace, environment: Mapping[str, Any],
             steps: Steps) -> tuple[list[UnexplainedDifference], Coverage]:
    """What a side does that its defaults do not say, at the first of its states that shows any, in reports and along
    its training, and how much of that was compared."""
    spec = closed(one.spec, environment, one.init)
    measured = {step: steps.noise((spec,), step) for step in trace.probed_steps()}
    known = {step: noises for step, noises in measured.items() if noises is not None}
    told = with_facts(replay, trace)
    told.arrays.update({f"state/0/weight/{name}": value for name, value in steps.weights.items()
                        if f"state/0/weight/{name}" in trace})
    told.arrays.update(steps.marks(len(trace.arrays.get("batch_checksum/labels", ()))))
    judged = {step: compare_stages(trace, told, noises, step) for step, noises in known.items()}
    seen = {step: differing(found) for step, found in judged.items()}
    found = next((stages for stages in seen.values() if stages), [])
    sound = {step: known[step] for step in known if not {stage.name for stage in seen[step]} & {"forward", "loss"}}
    taken = len(trace.arrays.get("step/loss", ()))
    if {stage.name for stage in found} & {"data", "initialization"}:
        return _ordered(one, found), Coverage(one.variant, one.framework, 0, taken, None,
                                              "its data or its initialization is another")
    found = reported(trace, str(spec.accuracy.rule), sound, trials.FIRST_STEPS) + found
    if not {stage.name for stage in found} & {"forward", "loss"}:  # of which another loss of an evaluation only follows
        found += last_test(spec, trace, steps.test_labels)
    along = walk(spec, trace, steps)
    evaluations = [stage for step, found in judged.items() if f"probe/{step}/evaluated/loss" in trace
                   for stage in found if stage.name == "evaluation" and stage.differs is not None]
    finite = "last/outputs" in trace and bool(np.isfinite(trace["evaluated/test/loss"][-1:]).all())
    coverage = Coverage(one.variant, one.framework, along.compared, taken, along.size, along.reason, len(evaluations),
                        min(probing.EVALUATED, len(steps.test_labels)), len(trace["last/outputs"]) if finite else 0)
    before = [stage for stage in along.stages if all(stage.step < known.step for known in found)]
    reached = along.stages[0].step if along.stages and along.complete else 0
    either = _candidates(one.spec, trace, environment, sound)
    return [replace(each, candidates=either if each.stage.name == "metric" else ())
            for each in _ordered(one, found + before, reached)], coverage


def _candidates(spec: Spec, trace: Trace, environment: Mapping[str, Any],
                noises: Mapping[int, Mapping[str, float]]) -> tuple[DefaultRule, ...]:
    """What holds in the nearest versions in which the rules were checked, where one of it explains the accuracies."""
    rows = not_known(spec, environment).get("accuracy.rule", ())
    explains = [row for row in rows if not any(
        stage.name == "metric" for stage in reported(trace, str(row.value), noises, trials.FIRST_STEPS))]
    return tuple(rows) if explains else ()


def _ordered(one: Trial, found: list[StageResult], reached: int = 0) -> list[UnexplainedDifference]:
    """The same by stage; all steps before `reached` were compared, and so were those that are chained at the start."""
    return [UnexplainedDifference(one.variant, one.framework, stage, stage.step <= max(reached, trials.FIRST_STEPS - 1))
            for stage in sorted(found, key=lambda stage: list(DEPENDS_ON).index(stage.name))]


def loss_offset(one: Trial, trace: Trace, replayed: Mapping[tuple[Trial, str], Trace], environment: Mapping[str, Any],
        steps: Steps) -> LossOffset:
    """How far a side's losses are from the reference's at the states that the side has recorded."""
    spec, places = closed(one.spec, environment, one.init), tuple(trace.probed_steps())
    noises = [steps.noise((spec,), step) for step in places]
    own, told, reference = ([float(side[name]) if (name := f"probe/{step}/loss") in side else np.nan for step in places]
                           for side in (trace, replayed[one, BY_DEFAULTS], replayed[one, BY_REFERENCE]))
    return LossOffset(one.variant, one.framework, places, tuple(a - b for a, b in zip(own, reference)),
               tuple(a - b for a, b in zip(own, told)),
               tuple(FACTOR * found["loss"] if found is not None else np.nan for found in noises))


def _controlled(stage: StageResult, specs: tuple[Spec, Spec], steps: Steps, step: int) -> StageResult:
    """An open gate of numbers with its float64 control: rounding shrinks there by about 1e-9, a definition stays."""
    if not stage.differs:
        return stage
    one, other = (noise.probed_in_float64(spec, *steps.at(step, spec), stage.tensor) for spec in specs)
    return replace(stage, control=None if one is None or other is None else noise.distance(one, other))


def with_facts(arrays: Trace, trace: Trace) -> Trace:
    """The arrays of a replay with the facts, the labels, the beginning and the reported losses of a training."""
    own = {name: value for name, value in trace.arrays.items()
           if name.startswith(("state/0/weight/", "batch_checksum/")) or name == "reported/train/loss"}
    return Trace(trace.facts, {**arrays.arrays, **own})


def kept_states(trace: Trace, places: Iterable[int]) -> dict[str, np.ndarray]:
    """The arrays of these states of a trace, in the form in which a replay wants them: beside a probe."""
    prefixes = tuple(f"state/{place}/" for place in places)
    found = {name: value for name, value in trace.arrays.items() if name.startswith((*prefixes, "reported/"))}
    return {**found, **{f"probe/{place}/loss": np.array(np.nan) for place in places}}
