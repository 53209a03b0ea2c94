"""The interface of a framework, which the subpackages `keras`, `lightning` and `reference` implement.

To add a framework, add a subpackage: its `__init__` has `prepare(settings)`, which is called before the framework is
imported, and its module `model` satisfies `Realization`. The jobs of a worker are built on it:

    train      `frameworks.runtime.training.train`: one training, with evaluations and probes
    replay     `frameworks.runtime.training.replay`: single steps from the recorded states of another trace
    probe      `frameworks.runtime.probing.probe`: a single step from given weights

Arrays are NumPy. Weights and optimizer states are dicts by name, as in `1.kernel` and `momentum/1.kernel`. A spec, and
every part of it, is plain JSON (`scenarios.spec.fields.to_json`), because an old Keras cannot import its classes.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Protocol, Sequence, Union

import numpy as np

from frameworks.environment import Environment
from frameworks.job import Job, Settings

Json = Mapping[str, Any]
"""A spec, or a part of one, as plain JSON."""
NamedLayers = Sequence[tuple[str, Json]]
"""Layers of a spec with their names: (index in the spec as text, layer)."""
Arrays = Mapping[str, np.ndarray]
"""Arrays by name."""
Shape = tuple[int, ...]
"""The shape of one sample; images have the channels last."""
Samples = tuple[np.ndarray, np.ndarray]
"""x, float32 of shape (n, …), and the labels y, float32 of shape (n, classes) or (n, 1)."""
TrainingSamples = tuple[np.ndarray, ...]
"""`Samples`, and the weights of the samples, float32 of shape (n,), if the spec has any."""
Steps = Union[np.ndarray, Sequence[tuple[float, float, float]]]
"""Of shape (steps, 3): the loss of every step, and the checksums of its labels and images."""


class Watch(Protocol):
    """Observes a training: `frameworks.runtime.watch.Watch`. A model's `fit` calls it."""

    model: Any
    """The model that is trained."""

    @property
    def epochs(self) -> int:
        """The number of epochs that the training may take."""

    @property
    def steps(self) -> int:
        """The number of steps per epoch."""

    @property
    def printed_rate(self) -> str | None:
        """`Training.printed_rate` of the spec: whether the reported metrics have the learning rate, and which."""

    def starts(self, epoch: int) -> None:
        """Called before an epoch, counted from 0, after its learning rate is set."""

    def at_step(self, epoch: int, step: int) -> None:
        """Called after `step` steps of an epoch, counted from 0, where the framework can be observed there."""

    def epoch(self, reported: Mapping[str, float], steps: Steps) -> bool:
        """Called after an epoch with the reported metrics and its steps. Returns True to stop the training."""

    def cut(self, steps: Steps) -> None:
        """Called where an exception ends an epoch, with its steps so far."""


class Model(Protocol):
    """A spec as a model of a framework."""

    default_batch: int
    """The batch size where the spec leaves it unset."""
    portion: int | None
    """The batch size of an evaluation, on which the result depends where a loss is divided by the class weights of a
    batch; None for all samples in one batch."""

    def __init__(self, spec: Json, layers: tuple[int, int], shape: Shape, job: Job) -> None:
        """Build the layers `spec["layers"][first:end]`, where `layers` is (first, end), for samples of this shape.

        `job["steps_per_epoch"]`, or 1, is the number of steps that a learning-rate schedule counts as an epoch.
        """

    @property
    def spec(self) -> Json:
        """The spec from which the model was built."""

    @property
    def trainable(self) -> Sequence[str]:
        """The names of the weights that a step changes by a gradient."""

    @property
    def changing(self) -> Sequence[str]:
        """The names of all weights that a step changes, also without a gradient."""

    def get_weights(self) -> dict[str, np.ndarray]:
        """All weights by name."""

    def set_weights(self, weights: Arrays) -> None:
        """Sets all weights."""

    def get_optimizer_state(self) -> dict[str, Any]:
        """The optimizer state by name.

        Where the learning rate depends on reported metrics, `rate` is that of the next step and `last_rate` that of
        the step before. `frameworks.runtime.momentum` describes the unit of a momentum.
        """

    def set_optimizer_state(self, optimizer_state: Mapping[str, Any]) -> None:
        """Sets the optimizer state; an empty dict resets it."""

    def rates(self, values: Sequence[float]) -> list[float]:
        """The learning rates after epochs that reported these values of the metric that the learning rate monitors."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(logits, outputs) as in an evaluation, computed in large batches."""

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """The outputs as in an evaluation. No logits are kept, which for the first layers would take as much memory."""

    def measure(self, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
        """(loss, accuracy, each metric of the spec): the framework's own evaluation, with fixed weights."""

    def layer_outputs(self, x: np.ndarray, training: bool) -> dict[str, np.ndarray]:
        """The output of every layer for a batch, in training mode or in an evaluation, by the name of the layer; images
        have the channels last. No weight changes."""

    def step(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Takes one training step and returns its arrays: logits, outputs, loss, accuracy, each metric, gradient/…

        All are those before the update. `weights` are those of the samples, if the spec has any.
        """

    def fit(self, train: TrainingSamples, test: Samples, order: np.ndarray | None, watch: Watch) -> None:
        """Trains for `watch.epochs` epochs at most.

        `order` has shape (epochs, n); None means the framework's own order. Reports every epoch to `watch`, and the
        steps of an epoch that an exception interrupts (`Watch.cut`).
        """


class Realization(Protocol):
    """The module `model` of a framework's subpackage."""

    @property
    def Model(self) -> type[Model]:  # noqa: N802  It is a class, which a property makes read-only.
        """The class of its models."""

    @property
    def environment(self) -> Callable[[Settings], Environment]:
        """Reads back versions, backend, device, execution, threads and dtype: what runs, not what was requested."""

    @property
    def forget(self) -> Callable[[Settings], None]:
        """Drops what a job has built, if the framework would keep it until the process ends."""
