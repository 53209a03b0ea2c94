"""The part of the schema of `result.json` for causes and posted answers; see `schema`."""

from __future__ import annotations

from typing import TypedDict


class SuspectRecord(TypedDict):
    """A field that has different values on the two sides of a cause."""

    path: str
    title: str
    """A noun for the field; the path if the user has set it."""
    values: list[str]
    """[on the side with the behaviour, on the side without it]"""
    origins: list[str]
    """The origin of each value; `your model` if the user has set it."""
    stage: str
    """The stage of a training step at which the field acts first."""
    explanations: list[str]
    """The explanations of the default rules for the values."""
    fixes: list[str]
    evidence: list[str]
    inactive: str
    """Why the field cannot have an effect here; empty if it can."""


class ConfirmationRecord(TypedDict):
    """One intervention on a real framework, or its negative control, which changes nothing."""

    framework: str
    kind: str
    """sufficient, necessary or negative_control"""
    changed: list[str]
    text: str
    expected: bool
    """Whether the behaviour should be present."""
    holds: bool | None
    """Whether the framework behaved as expected; null if that could not be determined."""
    number_text: str


class CauseRecord(TypedDict):
    """Why one framework shows a behaviour and another does not, or why one variant does and another does not."""

    behaviour: str
    with_behaviour: str
    without: str
    contrast: str
    """The variant without the behaviour; empty if both sides use the variants of the behaviour."""
    searched_on: str
    """The framework with which the search trained; empty if none reproduced both sides."""
    sufficient: list[list[str]]
    necessary: list[list[str]]
    """Minimal sets of fields that add the behaviour to the side without it (sufficient) or remove it from the side with
    it (necessary)."""
    suspects: list[SuspectRecord]
    shares: dict[str, list[float]]
    """Each field's share of the numeric difference, one per seed; empty if there is no difference or if the phase is
    chaotic."""
    chaotic: bool
    """Whether rounding alone moves losses by more than 1 %."""
    untestable: list[str]
    """Fields with no measurable effect when they are changed."""
    confirmed: list[ConfirmationRecord]


class ClaimRecord(TypedDict):
    """The judgement of an answer that the user was given."""

    text: str
    about: str
    """The title of the behaviour that the answer is meant to cure."""
    framework: str
    outcome: str
    """cures it | does not cure it | cures it but is not its cause | cannot be judged"""
    cured_too: list[str]
    """Variants without the proposed change that are cured as well."""
