"""Notes on trainings with numbers that would puzzle a reader: an accuracy of guessing beside a loss that falls."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

NEAR = 1.1
"""An accuracy up to so many times that of guessing is called guessing."""


def chance_note(losses: Sequence[float], accuracies: Sequence[float], classes: int) -> str:
    """Returns a note if the last accuracy of a training is at most that of guessing one of `classes`; else ""."""
    if not len(accuracies) or not len(losses) or not isfinite(losses[-1]) or accuracies[-1] > NEAR / classes:
        return ""
    note = f"its accuracy is no better than that of guessing one of {classes} classes"
    return f"{note}, although its loss falls: this loss can fall without better predictions" \
        if len(losses) > 1 and losses[-1] < losses[0] else note
