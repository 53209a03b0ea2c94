"""The exact step at which two frameworks first differ, where recorded states only show an interval of steps.

The side that owns the training repeats its steps from the last recorded state at which both sides still match, and the
other side takes each of these steps from the same states.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

from compare.analysis import explanation, first_layer
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.first_divergence import FirstDivergence, SharedStep, ends, first_differing_stage
from compare.analysis.replay import replay_fit, segments
from compare.analysis.step_replays import Again, kept_states, repeated, with_facts
from compare.analysis.steps import Steps
from compare.execution.trials import Trial
from frameworks.runtime.trace import Trace

MOST = 256
"""At most this many steps are repeated. Where more lie between two recorded states, the exact step is not searched."""


def explained(divergence: FirstDivergence, pair: tuple[Trial, Trial], steps: Mapping[Trial, Steps],
              again: Again) -> tuple[FirstDivergence, list[explanation.Unconfirmed]]:
    """The divergence at its exact step, where that can be found, and an explanation of each stage that differs there.

    Where the outputs differ, it names the first layer with different outputs.
    """
    divergence, longer = narrowed(divergence, pair, again) if divergence.owner else \
        hidden(divergence, pair, steps, again)
    owner = next((trial for trial in pair if trial.framework == divergence.owner), pair[0])
    trace = longer or again.traces[owner]
    its_steps = steps[owner] if longer is None else steps[owner].of(trace)
    divergence = replace(divergence, stages=first_layer.named(
        divergence.stages, pair, ends(pair, again.environments), owner, trace, its_steps, again))
    return divergence, explanation.explain(divergence, pair, again.environments, owner, trace, its_steps)


def narrowed(divergence: FirstDivergence, pair: tuple[Trial, Trial],
             again: Again) -> tuple[FirstDivergence, Trace | None]:
    """The divergence at its exact step, and the owner's trace including the state before that step.

    The trace is None where the exact step is already known, where more than `MOST` steps would have to be repeated, or
    where one of the two sides could not take the steps. The divergence is then at the earliest step that is known.
    """
    if divergence.first:
        return divergence, None
    owner = next(trial for trial in pair if trial.framework == divergence.owner)
    trace = again.traces[owner]
    kept = _kept_between(trace, divergence.step)
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
    """A divergence that no recorded state shows, and the owner's trace including the repeated steps.

    It is searched where the reference, resolved with one side's defaults, diverges from the other side's training.
    Returns the given divergence and None where nothing is found.
    """
    for owner, partner in (pair, pair[::-1]) if divergence.unseen else ():
        trace = again.traces[owner]
        spec = resolved_spec(partner.spec, again.environments[partner.framework], partner.init)
        walked = replay_fit(spec, trace, steps[owner])
        if not walked.stages:
            continue
        last = walked.stages[0].step
        before = max(first for first, _ in segments(trace) if first <= last)
        if last - before > MOST:
            continue
        longer = _longer(owner, before, last, again)
        nearest, complete = _compared(pair, owner, longer, list(range(before, last + 1)), again)
        if nearest and complete:
            return replace(nearest, first=walked.until, states=divergence.states), longer
    return divergence, None


def _longer(owner: Trial, first: int, last: int, again: Again) -> Trace:
    """The trace of a training with the states before all steps from `first`, a recorded one, to `last` added."""
    trace = again.traces[owner]
    steps = repeated(owner, owner.framework, kept_states(trace, [first]), again, on=last - first + 1)
    return Trace(trace.facts, {**steps.arrays, **trace.arrays})


def _compared(pair: tuple[Trial, Trial], owner: Trial, trace: Trace, places: list[int],
              again: Again) -> tuple[FirstDivergence | None, bool]:
    """(the first divergence at the states before the steps `places`, whether both sides took all of these steps)."""
    if not places:
        return None, True
    kept = kept_states(trace, places)
    left, right = (with_facts(repeated(owner, trial.framework, kept, again), again.traces[trial]) for trial in pair)
    resolved = replace(owner, spec=resolved_spec(owner.spec, again.environments[owner.framework], owner.init))
    steps = {owner: Steps(resolved, trace, again.dataset, again.folder)}
    shared_steps = [SharedStep(step, owner, left, right) for step in places]
    return (first_differing_stage(pair, shared_steps, again.environments, steps),
            left.probed_steps() == places == right.probed_steps())


def _kept_between(trace: Trace, step: int) -> list[int]:
    """The kept states between the last probed step before `step` and `step`, in order."""
    before = max(probed for probed in trace.probed_steps() if probed < step)
    return [place for place in trace.kept_steps() if before < place < step]
