"""The steps of one training: its batches, its recorded states, and the rounding noise at these states."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from compare.analysis import noise
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from frameworks import in_process
from frameworks.reference import model as reference
from frameworks.runtime import batching, probing, samples, training
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec

State = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray], np.ndarray, np.ndarray, int,
              noise.Samples | None, np.ndarray | None]
NOISY_ROWS = 256  # samples of a large full batch; a mean over fewer samples is at least as noisy as the full mean
LARGE = 5e8  # multiplications in one forward pass of a full batch, above which only a part of it is used


class Steps:
    """The batches of a training, and the rounding noise at the states that its trace has recorded."""

    def __init__(self, trial: Trial, trace: Trace, dataset: Dataset, folder: Path) -> None:
        """The spec of `trial` is resolved, or at least sets the batch size; `folder` holds the run's traces."""
        self._trial, self._dataset, self._folder = trial, dataset, folder
        self._job, self._trace = trials.job(trial, dataset, folder), trace
        self._noises: dict[tuple[Spec, int], Mapping[str, float] | None] = {}

    def of(self, trace: Trace) -> Steps:
        """The steps of the same training with another trace, which has more recorded states."""
        return Steps(self._trial, trace, self._dataset, self._folder)

    @cached_property
    def _inputs(self) -> tuple[tuple[np.ndarray, ...], noise.Samples, Mapping[str, np.ndarray], np.ndarray | None, int]:
        """(training set, test set, initial weights, order of the samples, batch size), as `training.loaded` says."""
        return training.loaded(reference, self._job)

    @property
    def weights(self) -> Mapping[str, np.ndarray]:
        """The initial weights by name."""
        return self._inputs[2]

    @property
    def test_labels(self) -> np.ndarray:
        """The labels of the test set in the form that the spec feeds to the model."""
        return self._inputs[1][1]

    @property
    def evaluated(self) -> noise.Samples:
        """The test samples (x, y) that are evaluated at recorded states."""
        part: noise.Samples = probing.evaluated_part(self._inputs[1])
        return part

    def batch(self, step: int) -> tuple[np.ndarray, ...]:
        """The samples (x, y) of a step, and their weights where the spec has any."""
        rows = self._rows(step)
        return tuple(part[rows] for part in self._inputs[0])

    def marks(self, steps: int) -> dict[str, np.ndarray]:
        """The batch checksums of the images and of the labels of the first `steps` steps, in the format of a trace."""
        result = {}
        for name, values in zip(("batch_checksum/images", "batch_checksum/labels"), self._inputs[0]):
            numbers = samples.weighed(values)
            result[name] = np.array([samples.ranked(numbers[self._rows(step)]) for step in range(steps)])
        return result

    def _rows(self, step: int) -> Any:
        (x, *_), _, _, order, batch = self._inputs
        return batching.rows_of(step, order, batching.steps_of(len(x), batch), batch, len(x))

    def at(self, step: int, spec: Spec) -> State:
        """The state before a recorded step: (weights, optimizer state, x, y, steps per epoch, test samples or None, the
        weights of the samples or None).

        Of a large full batch, x and y are the first `NOISY_ROWS` samples. Where the learning rate depends on the losses
        or accuracies that epochs report, it is the one that the resolved `spec` computes from the recorded values, as
        in a replay by another framework.
        """
        x, y, *sample_weight = [part[:NOISY_ROWS if self.partly else None] for part in self.batch(step)]
        weights, optimizer_state = (self._trace.below(f"state/{step}/{kind}") for kind in ("weight", "optimizer_state"))
        optimizer_state = {**optimizer_state, **self._rates(step, spec)}
        return ({**self.weights, **weights}, optimizer_state, x, y, self._trace.facts["steps_per_epoch"],
                None if 0 < step < trials.FIRST_STEPS else self.evaluated,
                sample_weight[0] if sample_weight else None)

    def _rates(self, step: int, spec: Spec) -> dict[str, np.ndarray]:
        """The learning rates of a step and of the step before it, where they depend on what epochs report."""
        rates = in_process.rates_after_epochs(spec, self._trace.below("reported"))
        if not rates:
            return {}
        steps = self._trace.facts["steps_per_epoch"]
        return {"rate": np.array(rates[step // steps]), "last_rate": np.array(rates[max(step - 1, 0) // steps])}

    @cached_property
    def partly(self) -> bool:
        """Whether each batch is the full training set and too large to be used as a whole."""
        full = self._trial.spec.training.batch_size == "all"
        return full and len(self._inputs[0][0]) * sum(kernel.size for kernel in self.weights.values()) > LARGE

    def noise(self, specs: tuple[Spec, ...], step: int) -> Mapping[str, float] | None:
        """The noise of each array at a recorded step: the largest over the resolved `specs`.

        Returns None where the reference gives no value for any of them. Where one spec gives an array finite values and
        another does not, the latter is ignored: that difference is not rounding.

        Where only a part of a batch is used, the noise of accuracies, gradients and the arrays computed from gradients
        is infinite, because the part cannot show whether another sample passes the threshold of a clip. The measured
        noises are cached.
        """
        for spec in specs:
            if (spec, step) not in self._noises:
                self._noises[spec, step] = noise.noise(spec, *self.at(step, spec))
        known = [noises for spec in specs if (noises := self._noises[spec, step]) is not None]
        names = {name for noises in known for name in noises}
        if not known:
            return None
        unknown = ("gradient/", "weight/", "optimizer_state/", "accuracy") if self.partly else ()
        return {name: np.inf if name.startswith(unknown) else
                float(np.fmax.reduce([noises[name] for noises in known if name in noises])) for name in names}
