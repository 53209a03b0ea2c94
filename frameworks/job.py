"""What a worker gets: its settings when it starts, and then jobs, each one line of JSON; arrays are passed by path.

`frameworks.runtime.worker` reads them. `compare.execution.trials` makes jobs, `compare.execution.workers` the settings.
"""

from __future__ import annotations

from typing import Any, Literal, Mapping, Sequence, TypedDict

FILES = ("weights", "order", "of", "batch", "optimizer_state")
"""The keys of a job that name a file to read."""

Mode = Literal["training", "evaluation"]
"""How a model runs: as in a training step, or as in an evaluation."""


class Settings(TypedDict):
    """What a worker is started with. What it really has is in its `Environment`."""

    backend: str
    """KERAS_BACKEND; empty for a framework other than Keras."""
    module: str
    """The module from which Keras is imported."""
    dtype: str
    """float32, or float64 for the NumPy reference."""
    device: str
    """cpu or cuda."""
    threads: int
    """The number of threads of the backend."""


class DataFolder(TypedDict):
    """The images and labels on disk."""

    folder: str
    """The folder that `frameworks.runtime.samples.load` reads."""
    sha256: str
    """Of its content."""


class Recordings(TypedDict):
    """What a trace contains besides the reported metrics."""

    steps: int
    """The number of first steps that are probed."""
    states: int
    """The number of later states (weights and optimizer state) that are kept and probed."""
    evaluated: bool
    """Whether weights are evaluated at the end of epochs."""


class Job(TypedDict, total=False):
    """A training, or single steps. `frameworks.runtime.user_program` describes the job of a user's own program."""

    verb: Literal["train", "replay", "probe"]
    """train: a whole training; replay: steps from the recorded states of another trace; probe: a step from a file."""
    id: str
    """The name of its files, and of its events."""
    spec: dict[str, Any]
    """As `scenarios.spec.fields.to_json` returns it."""
    seed: int
    init: str
    """shared: `weights` are the initial weights; native: the framework draws its own."""
    weights: str | None
    """The shared initial weights, an npz file."""
    order: str | None
    """The shared order of the samples, an npy file of shape (epochs, samples)."""
    data: DataFolder
    record: Recordings
    prefix: str
    """once: the outputs of the layers before the first trained one are computed only once; every: in every step."""
    out: str
    """Where the trace is written."""
    of: str
    """For a replay: the trace with the recorded states."""
    on: int
    """For a replay of a single recorded state: the number of steps that are taken from it in a row."""
    layers: Mode
    """For a replay: only the outputs of every layer in these steps, or in the evaluations before them, are returned."""
    batch: str
    """For a probe: an npz file of x and y as the model gets them."""
    optimizer_state: str
    """For a probe: an npz file of the optimizer state."""
    settings: Settings
    """Added by the worker: what it was started with."""
    steps_per_epoch: int
    """Added by a training or a replay: the number of steps that a learning-rate schedule counts as an epoch."""


class Function(TypedDict):
    """An object of a user's file, which is called with the arguments if it is a function."""

    file: str
    name: str
    arguments: Mapping[str, Any]


class ProgramJob(TypedDict):
    """A job of the verb `program`; `frameworks.runtime.user_program` documents the fields."""

    verb: str
    id: str
    out: str
    program: Function
    dtype: str
    data: str | None
    inputs: Function | str | None
    targets: Function | str | None
    names: Mapping[str, Sequence[str]]
    weights: str | None
    load: Function | None
    trained: str | None
    changes: Sequence[Mapping[str, Any]]
    replaced: str | None
    whole: bool
    steps: int
    until: int
    batch: int
    seed: int
