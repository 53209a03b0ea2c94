"""How far rounding alone moves a behaviour's number, measured: the training is done again with other roundings.

`compare.analysis.noise` is about the tensors of one step; a number of a whole training moves further where its way is
chaotic. So the framework itself trains again from starts that are moved at random by a unit in the last place of every
weight, and the NumPy reference, with the known defaults of the framework, in float32 and float64. The noise is the
largest move of the number, and at least one unit of it; the band is `FACTOR` times this, as at every gate, and at least
what two samples do that are counted otherwise.

Fewer would not do. Of a saturated sigmoid on raw pixels, Lightning's accuracy went from .102 to .127 with a second
thread: textbooks from moved starts stayed within .001 of each other, Lightning's own within .008, and an interval of
99.9 % for one more of six such numbers missed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from compare.analysis import behaviours
from compare.analysis.behaviours import Traces
from compare.analysis.causes.questions import closed
from compare.analysis.causes.search import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.noise import FACTOR, UNIT
from compare.execution import trials
from compare.execution.trials import RECORDINGS, Trial
from compare.execution.worker_pool import worker_errors
from compare.pytest_plugin.session import Run
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour

OWN = ""  # the framework itself
DRAWS = ((OWN, 1), (OWN, 2), (OWN, 3), (SEARCH_FRAMEWORK, 0), (REFERENCE_NAME, 0))
"""Who trains, and which of the moved starts; 0 for the start as it is."""
SAMPLES = 2  # whose outputs tie, and so can be counted either way
FOLDER = "bands"  # in the folder of a run


class Tolerances:
    """The bands of one run's numbers; the draws are trained when the first is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.worker_errors: tuple[str, ...] = ()
        """What is told of workers that died while they trained."""

    def tolerance(self, behaviour: Behaviour, framework: str) -> float:
        """How far rounding can move the number that a framework gives; nan where that could not be measured."""
        result = self._run.result
        own = result.traces[framework]
        answer = behaviours.ask(behaviour, own)
        if not np.isfinite(answer.number):
            return float("nan")
        numbers = [behaviours.ask(behaviour, drawn).number for drawn in self._draws[framework]]
        if not np.isfinite(numbers).all():
            return float("nan")
        noise = max(UNIT * abs(answer.number), *(abs(number - answer.number) for number in numbers))
        return max(FACTOR * noise, _counted(behaviour, own))

    @cached_property
    def _draws(self) -> dict[str, list[Traces]]:
        """By framework, the traces of each draw by variant and seed."""
        run, result = self._run, self._run.result
        folder = result.folder / FOLDER
        folder.mkdir(exist_ok=True)
        wanted: dict[tuple[Trial, int], Trial] = {}
        jobs: dict[Trial, Mapping[str, Any]] = {}
        for trial in (trial for trial, trace in run.traces.items() if trace.arrays):
            resolved = closed(trial.spec, result.environments[trial.framework], trial.init)
            for draw, (who, moved) in enumerate(DRAWS):
                itself = who == OWN and trial.init == "shared"  # an own start is drawn where nobody can move it
                one = Trial("bands", f"{trial.variant}.{trial.framework}.{draw}", trial.framework if itself else
                            who or SEARCH_FRAMEWORK, trial.seed, "shared", trial.spec if itself else resolved, True)
                wanted[trial, draw] = one
                jobs[one] = _moved(trials.job(one, result.dataset, folder, RECORDINGS[1:]), moved)
        done: dict[Trial, Trace] = {}
        run.pool.ensure_workers(SEARCH_FRAMEWORK, 1)
        run.pool.ensure_workers(REFERENCE_NAME, 1)
        run.pool.work(jobs, run.settings.limit * 60, lambda trial, event: None, done.__setitem__)
        self.worker_errors = worker_errors(done.values())
        return {name: [{(trial.variant, trial.seed): done[one] for (trial, number), one in wanted.items()
                        if trial.framework == name and number == draw} for draw in range(len(DRAWS))]
                for name in result.traces}


def _moved(job: Mapping[str, Any], draw: int) -> Mapping[str, Any]:
    """A job whose start is moved by a unit in the last place of every weight, up or down at random."""
    if not draw:
        return job
    source = Path(job["weights"])
    place = source.with_name(f"{source.stem}-moved-{draw}.npz")
    if not place.exists():
        random = np.random.default_rng(draw)
        with np.load(source) as weights:
            ways = {name: np.where(random.random(value.shape) < 0.5, -1, 1) for name, value in weights.items()}
            np.savez(place, **{name: np.nextafter(value, np.float32(np.inf) * ways[name].astype(np.float32))
                               for name, value in weights.items()})
    return {**job, "weights": str(place)}


class _Counted:
    """A trace in which every accuracy has some samples more, or fewer."""

    def __init__(self, trace: Trace, samples: int) -> None:
        self._trace, self._samples = trace, samples

    def __getitem__(self, name: str) -> Sequence[float]:
        values: Sequence[float] = self._trace[name]
        if not name.startswith("accuracy_by_rule/") and not name.endswith("/accuracy"):
            return values
        n = self._trace["correct/test"].size if "/test/" in name else self._trace.facts["samples"]
        return np.asarray(values, float) + self._samples / max(n, 1)

    def __contains__(self, name: str) -> bool:
        return name in self._trace


def _counted(behaviour: Behaviour, traces: Traces) -> float:
    """How far a behaviour's number moves where so many samples are counted otherwise, in one training at a time."""
    moves = [0.0]
    for seed in {seed for _, seed in traces}:
        own = [traces[variant, seed] for variant in behaviour.variants]
        number = float(behaviour.measure(*own))
        for place in range(len(own)):
            for samples in (SAMPLES, -SAMPLES):
                seen = [_Counted(one, samples) if n == place else one for n, one in enumerate(own)]
                moves.append(abs(float(behaviour.measure(*seen)) - number))
    return max(move for move in moves if np.isfinite(move))
