"""The part of the schema of `result.json` for the run itself: its command, question, images, frameworks and cost."""

from __future__ import annotations

from typing import Any, TypedDict


class MadeBy(TypedDict):
    """The program that wrote the record, and the command that it was given."""

    name: str
    version: str
    command: str
    """The command line of the run; empty for a call from Python without one."""
    date: str
    """Date and time (UTC) at which the record was written."""


class QuestionRecord(TypedDict):
    """The scenario."""

    name: str
    title: str
    question: str


class DataRecord(TypedDict):
    """The images of the run."""

    name: str
    sha256: str
    notice: str
    """A description of the images if they are not full MNIST; else empty."""
    place: str
    """The same in a few words."""
    images: str
    """The subfolder of the run with these images, which programs read as MNIST_DIR; empty for full MNIST."""


class CostRecord(TypedDict):
    """What the run cost. Seconds of wall-clock time since it began, except `causes`, which is a duration."""

    imports: float
    """Until every framework was imported."""
    reported: float
    """Until the reported variants were trained."""
    trained: float
    """Until all variants were trained."""
    causes: float
    """For the comparison of steps and the cause analysis after that."""
    trainings: int
    """Of the cause analysis."""
    questions: int
    """Of the cause analysis."""
    reused: int
    """Trainings and replays that were taken from the store, instead of being run."""


class Side(TypedDict):
    """One framework of the run."""

    name: str
    title: str
    environment: dict[str, Any]
    """As reported by its worker: framework, backend, device, dtype, execution, threads, versions by package, …; empty
    if no worker could start."""
