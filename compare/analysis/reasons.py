"""Why a behaviour has no answer, or does not hold in spite of its number: a kind, with its number or text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ReasonKind(str, Enum):
    """The kinds of reasons, with the words of each."""

    NOT_TRAINED = "not trained in this run"
    WORKER_ENDED = "worker ended"
    UNSUPPORTED = "not supported: {text}"
    REFUSED = "refused"
    """The framework refuses the training."""
    UNDEFINED = "undefined at step {number}"
    """The loss has no value at a step, counted from 1."""
    TOO_SHORT = "needs {number} epochs"
    STOPPED = "stopped after {number} epochs"
    MEASURE_FAILED = "its measure failed"
    IMPOSSIBLE = "cannot be: its fields exclude each other"
    TOO_CLOSE = "is too close to call"
    ROUNDING = "rounding alone decides it"
    OVERFLOW = "in float32 numbers become infinite or nan, in float64 they do not"
    """The NumPy reference shows it in one of the two precisions only, for this reason."""
    IN_FLOAT32 = "in float32, where numbers become infinite or nan; in float64 they do not"
    """The answer of the NumPy reference in float32, which is that of a framework; it has another in float64."""
    NO_VALUE = "{text}"
    """The number is nan; the text is the behaviour's `nan_title`."""
    CONDITION = "required: {text}"
    """The behaviour's condition fails; the text is its `condition_title`."""


@dataclass(frozen=True)
class Reason:
    """One reason; `str` gives it in words."""

    kind: ReasonKind
    number: int = 0
    text: str = ""

    def __str__(self) -> str:
        return self.kind.value.format(number=self.number, text=self.text.rstrip("."))
