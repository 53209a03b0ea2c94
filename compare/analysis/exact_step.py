"""The exact step at which two frameworks first differ, where recorded states only tell between which two it lies.

The side whose training it is takes its steps again from the last recorded state at which both still do the same, and
the other side takes each of these steps from the same states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping

import numpy as np

from compare.analysis import explanation
from compare.analysis.causes.questions import Environments, closed
from compare.analysis.first_divergence import FirstDivergence, Way, first_differing_stage, kept_states, with_facts
from compare.analysis.replay import segments, walk
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Trace

MOST = 256
"""Steps that are taken again: where more lie between two recorded states, a difference is only first seen."""
FOLDER = "narrowed"  # beside the folder of traces


@dataclass(frozen=True)
class Again:
    """What it takes to take a training's steps again; `folder` is that of the traces, `limit` in seconds of one job."""

    traces: Mapping[Trial, Trace]
    environments: Environments
    dataset: Dataset
    folder: Path
    pool: WorkerPool
    limit: float


def explained(divergence: FirstDivergence, pair: tuple[Trial, Trial], steps: Mapping[Trial, Steps],
              again: Again) -> tuple[FirstDivergence, list[explanation.Found]]:
    """The same at its exact step, where that can be found, and what explains the stages that differ there."""
    divergence, longer = narrowed(divergence, pair, again) if divergence.owner else \
        hidden(divergence, pair, steps, again)
    owner = next((one for one in pair if one.framework == divergence.owner), pair[0])
    trace = longer or again.traces[owner]
    return divergence, explanation.explain(divergence, pair, again.environments, owner, trace,
                                       steps[owner] if longer is None else steps[owner].of(trace))


def narrowed(divergence: FirstDivergence, pair: tuple[Trial, Trial],
             again: Again) -> tuple[FirstDivergence, Trace | None]:
    """The same at its exact step, and its owner's trace with the state of this step.

    It is as it was, with None, where the step is known already, or more than `MOST` steps would have to be taken, or
    one of the two could not take them.
    """
    if divergence.first:
        return divergence, None
    owner = next(one for one in pair if one.framework == divergence.owner)
    trace = again.traces[owner]
    kept = _between(trace, divergence.step)
    nearest, complete = _compared(pair, owner, trace, kept, again)
    divergence = nearest or divergence
    before = max(step for step in [*trace.probed_steps(), *kept] if step < divergence.step)
    if not complete or divergence.step - before > MOST:
        return divergence, None
    longer = _longer(owner, before, divergence.step, again)
    nearest, complete = _compared(pair, owner, longer, list(range(before + 1, divergence.step)), again)
    if not complete:
        return divergence, None
    return replace(nearest or divergence, first=True, states=divergence.states), longer


def hidden(divergence: FirstDivergence, pair: tuple[Trial, Trial], steps: Mapping[Trial, Steps],
           again: Again) -> tuple[FirstDivergence, Trace | None]:
    """A difference that no recorded state shows: where the reference, resolved as one side, leaves the other's way."""
    for owner, other in (pair, pair[::-1]) if divergence.unseen else ():
        trace = again.traces[owner]
        walked = walk(closed(other.spec, again.environments[other.framework], other.init), trace, steps[owner])
        if not walked.stages:
            continue
        last = walked.stages[0].step
        before = max(first for first, _ in segments(trace) if first <= last)
        if last - before > MOST:
            continue
        longer = _longer(owner, before, last, again)
        found, complete = _compared(pair, owner, longer, list(range(before, last + 1)), again)
        if found and complete:
            return replace(found, first=walked.until, states=divergence.states), longer
    return divergence, None


def _longer(owner: Trial, first: int, last: int, again: Again) -> Trace:
    """The trace of a training with the states of all steps from a recorded one to another one, taken again."""
    trace = again.traces[owner]
    on = _taken(owner, owner.framework, kept_states(trace, [first]), again, on=last - first + 1)
    return Trace(trace.facts, {**on.arrays, **trace.arrays})


def _compared(pair: tuple[Trial, Trial], owner: Trial, trace: Trace, places: list[int],
              again: Again) -> tuple[FirstDivergence | None, bool]:
    """The first of these states of a training at which the two differ, and whether both took the steps of all."""
    if not places:
        return None, True
    kept = kept_states(trace, places)
    left, right = (with_facts(_taken(owner, one.framework, kept, again), again.traces[one]) for one in pair)
    resolved = replace(owner, spec=closed(owner.spec, again.environments[owner.framework], owner.init))
    steps = {owner: Steps(resolved, trace, again.dataset, again.folder)}
    return (first_differing_stage(pair, [Way(step, owner, left, right) for step in places], again.environments, steps),
            left.probed_steps() == places == right.probed_steps())


def _taken(owner: Trial, framework: str, kept: Mapping[str, np.ndarray], again: Again, on: int = 0) -> Trace:
    """The steps that a framework takes from kept states of a training, or so many in a row from one."""
    place = again.folder.parent / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    trial = replace(owner, variant=f"{owner.variant}.{len(list(place.iterdir()))}", framework=framework)
    of = place / f"{trial.name}.of.npz"
    np.savez(of, **kept)  # type: ignore[arg-type]
    done: dict[Trial, Trace] = {}
    again.pool.work({trial: {**trials.job(trial, again.dataset, again.folder), "verb": "replay", "of": str(of),
                             "on": on, "out": str(place / f"{trial.name}.npz")}},
                    again.limit, lambda trial, event: None, done.__setitem__)
    return done[trial]


def _between(trace: Trace, step: int) -> list[int]:
    """The kept states between the last probed step before this one and this one, in order."""
    before = max(probed for probed in trace.probed_steps() if probed < step)
    return [place for place in trace.kept_steps() if before < place < step]
