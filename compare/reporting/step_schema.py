"""What `result.json` holds of single steps, of whole trainings and of the numbers that differ; see `schema`."""

from __future__ import annotations

from typing import TypedDict

Number = float | str | None
"""A number that JSON has no word for is the string "nan", "inf" or "-inf"; null stands where there is none."""


class StageRecord(TypedDict):
    """One comparison of a step of two sides."""

    name: str
    title: str
    differs: bool | None
    """Null: not asked, since an earlier gate is open, or not measurable."""
    step: int
    """Counted from 0."""
    tensor: str
    index: list[int]
    """Where the difference is largest."""
    values: list[Number]
    size: Number
    """The difference there."""
    noise: Number
    """How far rounding alone moves it; a gate opens at `factor` times this."""
    factor: float
    control: Number
    """The same difference in float64, of what the table knows that both do; null where it was not measured."""


class DivergenceRecord(TypedDict):
    """Where two frameworks first part in one variant."""

    variant: str
    sides: list[str]
    states: int
    """How many recorded states were compared."""
    first: bool
    """Whether the step before that of the gates was compared too: else a difference is only first seen there."""
    stages: list[StageRecord]
    text: str


class SwitchRecord(TypedDict):
    """One step of a framework, some of whose fields have the other side's values."""

    framework: str
    changed: list[str]
    expected: Number
    """What the other side has where the difference is largest."""
    value: Number
    """What the switched framework has there."""
    holds: bool | None
    """Null: it could not be seen."""


class ExplanationRecord(TypedDict):
    """The fields that make one stage of two frameworks differ at their first divergence."""

    variant: str
    sides: list[str]
    stage: str
    tensor: str
    fields: list[str]
    sufficient: list[list[str]]
    necessary: list[list[str]]
    """The smallest sets that give the second side the first one's tensor, and the other way round."""
    explained: bool
    switched: list[SwitchRecord]


class DifferenceRecord(TypedDict):
    """A loss or an accuracy of a reported variant, of two frameworks."""

    variant: str
    quantity: str
    """training_loss, test_loss or test_accuracy"""
    title: str
    numbers_text: dict[str, str]
    """By framework, as people read them."""
    sides: list[str]
    epoch: int
    """After how many epochs."""
    numbers: dict[str, Number]
    """By framework."""
    rounding: Number
    """How far rounding may move it."""
    differs: bool | None
    """Null: it cannot be judged; `reason` says why."""
    reason: str
    explained: bool
    fields: list[str]
    """What makes it."""
    origins: list[str]
    """Where the values come from that are not the reference's."""
    text: str


class UnexplainedRecord(TypedDict):
    """What a framework does that neither the table nor rounding explains."""

    variant: str
    framework: str
    stage: StageRecord
    """Values: the framework's, and what the table says."""
    first: bool
    """Whether every step before it was compared; else it is only first seen there."""
    text: str


class CoverageRecord(TypedDict):
    """How much of one framework's training and evaluation was compared with the reference."""

    variant: str
    framework: str
    compared: int
    """Training steps."""
    steps: int
    """All that the training had."""
    size: Number
    """The smallest difference, relative to a step's loss, that would have been seen in each; null where none was."""
    reason: str
    """Why the others were not compared; nothing where all were."""
    states: int
    """At which an evaluation was compared."""
    samples: int
    """Test images of each."""
    last: int
    """Test images whose loss at the last weights was compared with that of the framework's own outputs."""
    text: str
