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
    """refused: the class and text of the framework's exception. unsupported: a sentence that says why. undefined: what
    has no value, as in `the logarithm of -0.3`. nan: the step and its loss. died: what is known about it. Otherwise
    empty."""


class Hashes(TypedDict):
    """Hashes of what a training was given."""

    data: str
    """Of the images and labels."""
    initialization: str
    """Of the shared initial weights; empty if the framework draws its own."""
    order: str
    """Of the shared order of the samples; empty if there is none."""


class Seconds(TypedDict):
    """How long a training took, in seconds."""

    trained: float
    """Without evaluations and probes."""
    all: float
    """With them."""


class Facts(TypedDict, total=False):
    """The facts of a training. A replay has none; a training of a worker that ended has only `spec` and `outcome`."""

    spec: dict[str, Any]
    """As the job gave it; `compare.execution.facts.spec_of` decodes it."""
    outcome: OutcomeFacts
    environment: Environment
    seed: int
    init: str
    """shared: every framework starts from the same weights; native: each draws its own."""
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
    """The version of the file format, `frameworks.runtime.trace.SCHEMA`."""
