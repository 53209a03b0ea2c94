"""How far rounding alone moves a behaviour's number, measured on the textbook told all that the table knows of a side.

`compare.noise` is about the tensors of one step; a number of a whole training moves further where its way is chaotic.
So the training is drawn several times, each with roundings of its own: in float32, in float64, and in float32 from
weights that are moved at random by a unit in their last place. The band is as far as one more draw lies from their mean
at most, 999 times of 1,000, and never less than `FACTOR` units of the number, or than two samples counted otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import stdev

import numpy as np

from compare import behaviours, trials
from compare.behaviours import Traces
from compare.causes import ENGINE, REFEREE
from compare.noise import FACTOR, UNIT
from compare.plugin.session import Run
from compare.questions import closed
from compare.statistics import one_more
from compare.trials import Trial
from frameworks.trace import Trace
from scenarios.scenario import Behaviour

DRAWS = ((ENGINE, 0), (REFEREE, 0), (ENGINE, 1), (ENGINE, 2), (ENGINE, 3))
"""Engine, and which of the moved starts, 0 for the start as it is."""
LEVEL = 0.999  # of one number: a file may hold hundreds of them
SAMPLES = 2  # whose outputs tie, and so can be counted either way
FOLDER = "bands"  # in the folder of a run


class Bands:
    """The bands of one run's numbers; the draws are trained when the first is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def band(self, behaviour: Behaviour, framework: str) -> float:
        """How far rounding can move the number that a framework gives; nan where that could not be measured."""
        result = self._run.result
        own = result.traces[framework]
        answer = behaviours.ask(behaviour, own, result.mnist)
        if not np.isfinite(answer.number):
            return float("nan")
        numbers = [behaviours.ask(behaviour, drawn, result.mnist).number for drawn in self._draws[framework]]
        if not np.isfinite(numbers).all():
            return float("nan")
        spread = stdev(numbers) * one_more(len(numbers), LEVEL)
        return max(spread, FACTOR * UNIT * abs(answer.number), _counted(behaviour, own))

    @cached_property
    def _draws(self) -> dict[str, list[Traces]]:
        """By framework, the traces of each draw by variant and seed."""
        run, result = self._run, self._run.result
        folder = result.folder / FOLDER
        folder.mkdir(exist_ok=True)
        wanted: dict[tuple[Trial, int], Trial] = {}
        for trial, trace in run.traces.items():
            if trace.arrays:
                spec = closed(trial.spec, result.environments[trial.framework], trial.start)
                for draw, (engine, _) in enumerate(DRAWS):
                    name = f"{trial.variant}.{trial.framework}.{draw}"
                    wanted[trial, draw] = Trial("bands", name, engine, trial.seed, "shared", spec, True)
        jobs = {one: _moved(trials.job(one, result.dataset, folder), DRAWS[draw][1])
                for (_, draw), one in wanted.items()}
        done: dict[Trial, Trace] = {}
        run.crew.hire(REFEREE, 1)
        run.crew.work(jobs, run.settings.limit * 60, lambda trial, event: None, done.__setitem__)
        return {name: [{(trial.variant, trial.seed): done[one] for (trial, number), one in wanted.items()
                        if trial.framework == name and number == draw} for draw in range(len(DRAWS))]
                for name in result.traces}


def _moved(job: dict[str, object], draw: int) -> dict[str, object]:
    """A job whose start is moved by a unit in the last place of every weight, up or down at random."""
    if not draw:
        return job
    source = Path(str(job["weights"]))
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
        if not name.startswith("rule/") and not name.endswith("/accuracy"):
            return values
        n = self._trace["right/test"].size if "/test/" in name else self._trace.facts["samples"]
        return [float(value) + self._samples / max(n, 1) for value in values]

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
