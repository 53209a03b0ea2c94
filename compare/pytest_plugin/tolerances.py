"""Rounding tolerances for the numbers of behaviours, measured by repeating the training with different rounding.

`compare.analysis.noise` covers the tensors of one step. A number of a whole training varies more if the training is
chaotic. So the framework itself trains again from perturbed initial weights, in which every weight is changed at random
by one unit in the last place. The NumPy reference, configured with the framework's known defaults, also trains, in
float32 and float64. The noise is the largest change of the number, and at least one unit in its last place. The
tolerance is `FACTOR` times the noise, as for every stage, and at least the effect of two samples that are counted
differently.

Fewer repetitions are not enough. With a saturated sigmoid on raw pixels, a second thread changed Lightning's accuracy
from .102 to .127. The NumPy reference from perturbed weights stayed within .001, Lightning itself within .008, and a
99.9 % prediction interval from six such numbers missed the value.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from compare.analysis import behaviours
from compare.analysis.behaviours import Traces
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.close_calls import counting_tolerance
from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR
from compare.execution import npz_files, trials
from compare.execution.output_folder import TOLERANCES
from compare.execution.trials import RECORDINGS, Trial
from compare.execution.worker_pool import traces_of
from compare.pytest_plugin.session import Run
from frameworks.job import Job
from scenarios.scenario import Behaviour

ITSELF = ""  # the framework itself
REPETITIONS = ((ITSELF, 1), (ITSELF, 2), (ITSELF, 3), (SEARCH_FRAMEWORK, 0), (REFERENCE_NAME, 0))
"""The framework that trains, and the number of the perturbation; 0 means unchanged initial weights."""


class Tolerances:
    """The tolerances for the numbers of one run. The first access trains the repetitions."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.worker_errors: tuple[str, ...] = ()
        """Messages from workers that ended during the repetitions."""

    def tolerance(self, behaviour: Behaviour, framework: str) -> float:
        """The rounding tolerance of a behaviour's number in one framework; nan if it could not be measured."""
        result = self._run.result
        traces = result.traces[framework]
        answer = behaviours.answer_of(behaviour, traces)
        if not np.isfinite(answer.number):
            return float("nan")
        numbers = [behaviours.answer_of(behaviour, repeated).number for repeated in self._repetitions[framework]]
        if not np.isfinite(numbers).all():
            return float("nan")
        noise = max(UNIT * abs(answer.number), *(abs(number - answer.number) for number in numbers))
        return max(FACTOR * noise, counting_tolerance(behaviour, traces))

    @cached_property
    def _repetitions(self) -> dict[str, list[Traces]]:
        """The traces of each repetition by variant and seed, by framework."""
        run, result = self._run, self._run.result
        folder = result.folder / TOLERANCES
        folder.mkdir(exist_ok=True)
        repeated: dict[tuple[Trial, int], Trial] = {}
        jobs: dict[Trial, Job] = {}
        for trial in (trial for trial, trace in run.traces.items() if trace.arrays):
            resolved = resolved_spec(trial.spec, result.environments[trial.framework], trial.init)
            for index, (framework, perturbation) in enumerate(REPETITIONS):
                # A native initialization is drawn inside the framework and cannot be perturbed from here.
                itself = framework == ITSELF and trial.init == "shared"
                repetition = Trial(TOLERANCES, f"{trial.variant}.{trial.framework}.{index}",
                                   trial.framework if itself else framework or SEARCH_FRAMEWORK, trial.seed, "shared",
                                   trial.spec if itself else resolved, True)
                repeated[trial, index] = repetition
                jobs[repetition] = _perturbed(trials.job(repetition, result.dataset, folder, RECORDINGS[1:]),
                                              perturbation)
        before = len(run.pool.worker_errors)
        run.pool.ensure_workers(SEARCH_FRAMEWORK, 1)
        run.pool.ensure_workers(REFERENCE_NAME, 1)
        traces = traces_of(run.pool, jobs, run.settings.limit * 60)
        self.worker_errors = tuple(run.pool.worker_errors[before:])
        return {name: [{(trial.variant, trial.seed): traces[repetition]
                        for (trial, number), repetition in repeated.items()
                        if trial.framework == name and number == index} for index in range(len(REPETITIONS))]
                for name in result.traces}


def _perturbed(job: Job, perturbation: int) -> Job:
    """A job with each initial weight changed by one unit in the last place, up or down at random.

    `perturbation` is the seed; 0 returns the job unchanged.
    """
    if not perturbation or not job["weights"]:
        return job
    source = Path(job["weights"])
    path = source.with_name(f"{source.stem}-moved-{perturbation}.npz")
    if not path.exists():
        random = np.random.default_rng(perturbation)
        with np.load(source) as weights:
            signs = {name: np.where(random.random(value.shape) < 0.5, -1, 1) for name, value in weights.items()}
            npz_files.write(path, {name: np.nextafter(value, np.float32(np.inf) * signs[name].astype(np.float32))
                                   for name, value in weights.items()})
    return {**job, "weights": str(path)}
