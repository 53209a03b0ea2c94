"""The steps of one training: its batches, its recorded states, and the rounding noise at them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from compare.analysis import noise
from compare.execution import trials
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from frameworks.reference import model as reference
from frameworks.reference.schedules import on_plateau, rates_by_epoch
from frameworks.runtime import probing, samples
from frameworks.runtime import training as training
from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import to_json

State = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray], np.ndarray, np.ndarray, int,
              noise.Samples | None]
NOISY_ROWS = 256  # of a large full batch: a mean over fewer samples is at least as noisy
LARGE = 5e8  # multiplications of one forward pass over a full batch, from which only a part of it is looked at


class Steps:
    """The steps of a training: batches, and noise at the states that its trace has recorded."""

    def __init__(self, one: Trial, trace: Trace, dataset: Dataset, folder: Path) -> None:
        """`one` is a trial whose spec is closed, or at least says the size of a batch."""
        self._trial, self._dataset, self._folder = one, dataset, folder
        self._job, self._trace = trials.job(one, dataset, folder), trace
        self._noises: dict[tuple[Spec, int], Mapping[str, float] | None] = {}

    def of(self, trace: Trace) -> Steps:
        """The same of another trace of the training, with more recorded states."""
        return Steps(self._trial, trace, self._dataset, self._folder)

    @cached_property
    def _given(self) -> tuple[noise.Samples, noise.Samples, Mapping[str, np.ndarray], np.ndarray | None, int]:
        return training.loaded(reference, self._job)

    @property
    def weights(self) -> Mapping[str, np.ndarray]:
        """The start's weights by name."""
        return self._given[2]

    @property
    def test_labels(self) -> np.ndarray:
        """As the spec feeds them."""
        return self._given[1][1]

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The samples (x, y) of a step."""
        (x, y), rows = self._given[0], self._rows(step)
        return x[rows], y[rows]

    def marks(self, steps: int) -> dict[str, np.ndarray]:
        """The marks of the labels and of the images of so many steps, from the first, as a trace keeps them."""
        found = {}
        for name, some in zip(("batch_checksum/images", "batch_checksum/labels"), self._given[0]):
            numbers = samples.weighed(some)
            found[name] = np.array([samples.ranked(numbers[self._rows(step)]) for step in range(steps)])
        return found

    def _rows(self, step: int) -> Any:
        (x, _), _, _, order, batch = self._given
        return training.rows_of(step, order, training.steps_of(len(x), batch), batch, len(x))

    def at(self, step: int, spec: Spec) -> State:
        """(weights, slots, x, y, steps an epoch, what is evaluated or None) before a recorded step.

        Of a full batch, x and y are `NOISY_ROWS` samples. A rate that follows what epochs report is that which the
        closed `spec` makes of the recorded reports, as it is in a replay by another framework.
        """
        x, y = self.batch(step)
        rows = slice(NOISY_ROWS if self.partly else None)
        weights, optimizer_state = (self._trace.below(f"state/{step}/{kind}") for kind in ("weight", "optimizer_state"))
        optimizer_state = {**optimizer_state, **self._rates(step, spec)}
        return ({**self.weights, **weights}, optimizer_state, x[rows], y[rows], self._trace.facts["steps_per_epoch"],
                None if 0 < step < trials.FIRST_STEPS else probing.evaluated_part(self._given[1]))

    def _rates(self, step: int, spec: Spec) -> dict[str, np.ndarray]:
        """The rates of a step and of the one before it, where they follow what epochs report."""
        rate, steps = to_json(spec)["optimizer"]["learning_rate"], self._trace.facts["steps_per_epoch"]
        if not on_plateau(rate):
            return {}
        rates = rates_by_epoch(rate, self._trace.below("reported"))
        return {"rate": np.array(rates[step // steps]), "last_rate": np.array(rates[max(step - 1, 0) // steps])}

    @cached_property
    def partly(self) -> bool:
        """Whether its batches are full and too large to be looked at as a whole."""
        full = self._job["spec"]["training"]["batch_size"] == "all"
        return full and len(self._given[0][0]) * sum(kernel.size for kernel in self.weights.values()) > LARGE

    def noise(self, specs: tuple[Spec, ...], step: int) -> Mapping[str, float] | None:
        """The larger noise of closed specs at a recorded step; None where the reference gives none of them a value.

        Where one of them makes numbers of an array and another one does not, that is no rounding: it is the former's.

        A gradient jumps where a sample passes the edge of a clip, and a part of a batch cannot tell whether one does:
        there the noise of gradients, and of what follows from them, is not known. What was measured is kept.
        """
        for spec in specs:
            if (spec, step) not in self._noises:
                self._noises[spec, step] = noise.noise(spec, *self.at(step, spec))
        known = [found for spec in specs if (found := self._noises[spec, step]) is not None]
        names = {name for one in known for name in one}
        if not known:
            return None
        return {name: np.inf if self.partly
                and name.startswith(("gradient/", "weight/", "optimizer_state/", "accuracy")) else
                float(np.fmax.reduce([one[name] for one in known if name in one])) for name in names}
