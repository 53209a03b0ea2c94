"""The part of the schema of `result.json` for steps, coverage and differing numbers; see `schema`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypedDict

Number = float | str | None
"""Numbers that JSON cannot represent are the strings "nan", "inf" and "-inf"; a missing number is null."""
Curve = list[Number]


def number(value: Any) -> Number:
    """Returns a number as JSON data: nan and infinity become strings, None stays None."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else str(value)


def curve(values: Iterable[Any]) -> Curve:
    """Returns numbers as JSON data."""
    return [number(value) for value in values]


class LayerRecord(TypedDict):
    """The first layer with different outputs in a training step; those of all layers before it match."""

    position: int
    """Its index in the layers of the spec, counted from 0."""
    kind: str
    """Its class in the spec."""
    index: list[int]
    """Index of the largest difference in its outputs."""
    values: list[Number]
    """The values of both sides at this index."""
    size: Number
    """The difference at this index."""
    noise: Number
    """The difference that rounding alone causes."""


class StageRecord(TypedDict):
    """The comparison of two sides at one stage of a training step."""

    name: str
    title: str
    differs: bool | None
    """Null: not compared, since an earlier stage differs, or not measurable."""
    step: int
    """Counted from 0."""
    tensor: str
    index: list[int]
    """Index of the largest difference in the tensor."""
    values: list[Number]
    """The values of both sides at this index."""
    size: Number
    """The difference at this index."""
    noise: Number
    """The difference that rounding alone causes; a stage differs if `size` exceeds `factor` times this."""
    factor: float
    control: Number
    """The same difference in float64 between the known defaults of both sides; null if it was not measured."""
    layer: LayerRecord | None
    """Of the forward stage and of an evaluation, the first layer with different outputs; null for other stages, or
    if it is not known."""
    layer_reason: str
    """Why the layer is not known; empty if it is, or was not searched."""


class DivergenceRecord(TypedDict):
    """Where two frameworks first diverge in one variant."""

    variant: str
    sides: list[str]
    states: int
    """How many recorded states were compared."""
    first: bool
    """Whether the step before the one of the stages was compared too. If not, the difference can be older."""
    stages: list[StageRecord]
    text: str


class SwitchRecord(TypedDict):
    """One step of a framework in which some fields are switched to the other side's values."""

    framework: str
    changed: list[str]
    expected: Number
    """The other side's value at the index of the largest difference."""
    value: Number
    """The switched framework's value at this index."""
    holds: bool | None
    """Whether the switched tensor equals the other side's within rounding; null if that could not be determined."""


class ExplanationRecord(TypedDict):
    """The fields that make one stage of two frameworks differ at their first divergence."""

    variant: str
    sides: list[str]
    stage: str
    tensor: str
    fields: list[str]
    sufficient: list[list[str]]
    necessary: list[list[str]]
    """Minimal sets of fields that turn the second side's tensor into the first side's (sufficient), and the reverse
    (necessary)."""
    explained: bool
    switched: list[SwitchRecord]


class DifferenceRecord(TypedDict):
    """A loss or accuracy of a reported variant, compared between two frameworks."""

    variant: str
    quantity: str
    """training_loss, test_loss, test_accuracy, test_ and the name of a metric of the spec, or epochs: the number of
    epochs under early stopping"""
    title: str
    numbers_text: dict[str, str]
    """Formatted numbers by framework."""
    sides: list[str]
    epoch: int
    """The epoch after which the numbers are taken, counted from 1; for epochs, the largest possible number."""
    label: str
    """The title, with the epoch of the numbers where they belong to one."""
    numbers: dict[str, Number]
    """By framework."""
    rounding: Number
    """The rounding tolerance: `analysis.noise.FACTOR` times the measured effect of rounding."""
    differs: bool | None
    """Null: it could not be determined; `reason` says why."""
    reason: str
    explained: bool
    fields: list[str]
    """The paths of the fields that cause the difference."""
    origins: list[str]
    """The origins of the values that differ from the NumPy reference."""
    text: str


class UnexplainedRecord(TypedDict):
    """A result of a framework that neither the default rules nor rounding explain."""

    variant: str
    framework: str
    stage: StageRecord
    """`values` holds the framework's value and the NumPy reference's value with this framework's known defaults."""
    first: bool
    """Whether every earlier step was compared. If not, the difference can be older."""
    text: str


class CoverageRecord(TypedDict):
    """How much of one framework's training and evaluation was compared with the NumPy reference."""

    variant: str
    framework: str
    compared: int
    """Number of compared training steps."""
    steps: int
    """Number of all training steps."""
    size: Number
    """The smallest difference, relative to the loss, that every compared step can detect; null if there is none."""
    reason: str
    """Why the other steps were not compared; empty if all were."""
    states: int
    """Number of recorded states at which an evaluation was compared."""
    samples: int
    """Number of test images in each evaluation."""
    last: int
    """Number of test images over which the loss at the final weights was compared with the loss of the framework's own
    outputs."""
    text: str
