"""The facts of a trace: what is known of a training besides its arrays. `frameworks.runtime.trace` has the arrays."""

from __future__ import annotations

from typing import Any, TypedDict

from frameworks.environment import Environment


class OutcomeFacts(TypedDict):
    """How a training ended."""

    kind: str
    """A `frameworks.runtime.trace.Outcome`; a plain string in a trace that was read from a file."""
    step: int
    """Counted from 0. nan: the first step with a NaN or infinite loss. refused, unsupported, undefined: the first
    step without a loss, which equals the number of steps that have one. finished, stopped: the number of completed
    steps. died: 0."""
    message: str
    """refused: the class of the framework's exception and its text. unsupported, undefined: our sentence. nan: which
    step has which loss. died: what is known of it. Otherwise empty."""


class Hashes(TypedDict):
    """Hashes of the data, the shared initialization and the order; empty if the framework draws its own or nothing is
    shuffled.
    """

    data: str
    initialization: str
    order: str


class Seconds(TypedDict):
    """How long a training took."""

    trained: float
    all: float
    """With evaluations and probes."""


class Facts(TypedDict, total=False):
    """The facts of a training. A replay has none; a training of a worker that ended has only `spec` and `outcome`."""

    spec: dict[str, Any]
    """As the job gave it; `compare.execution.facts.spec_of` decodes it."""
    outcome: OutcomeFacts
    environment: Environment
    seed: int
    init: str
    """shared or native."""
    steps_per_epoch: int
    samples: int
    """Of the training set."""
    batch: int
    """The batch size, also where the framework decides it."""
    peak_mb: int
    """The peak memory of the worker so far, in MB."""
    hashes: Hashes
    seconds: Seconds
    schema: int
