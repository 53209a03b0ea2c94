"""What a worker is told to do: one line of JSON. `frameworks.runtime.worker` reads it; arrays are passed by path."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Data(TypedDict):
    """The images on disk."""

    folder: str
    sha256: str


class Record(TypedDict):
    """What a trace keeps beside what is reported."""

    steps: int
    """So many first steps are probed."""
    states: int
    """So many later states are kept, and probed."""
    evaluated: bool
    """Whether weights are evaluated at the end of epochs."""


class Job(TypedDict, total=False):
    """A training, or the replay of another training's recorded steps."""

    verb: Literal["train", "replay"]
    id: str
    """The name of its files, and of its events."""
    spec: dict[str, Any]
    """`scenarios.spec.fields.to_json`."""
    seed: int
    init: str
    """shared or native."""
    weights: str | None
    """The shared initial weights, an npz file."""
    order: str | None
    """The shared order of the samples, an npy file of shape (epochs, samples)."""
    data: Data
    record: Record
    prefix: str
    """once: layers before the first trained one are computed once and not in every step; every: in every step."""
    out: str
    """Where the trace is written."""
    of: str
    """For a replay: the trace whose recorded states are taken."""
    on: int
    """For a replay of one recorded state: so many steps are taken in a row from it."""
