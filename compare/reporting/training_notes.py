"""Notes on trainings with puzzling numbers: the accuracy of guessing, although the loss falls."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

NEAR = 1.1
"""An accuracy of at most this many times that of guessing counts as guessing."""


def chance_note(losses: Sequence[float], accuracies: Sequence[float], classes: int) -> str:
    """Returns a note if the last accuracy of a training is at most that of guessing one of `classes`; else ""."""
    if not len(accuracies) or not len(losses) or not isfinite(losses[-1]) or accuracies[-1] > NEAR / classes:
        return ""
    note = f"its accuracy is no better than that of guessing one of {classes} classes"
    return f"{note}, although its loss falls: this loss can fall without better predictions" \
        if len(losses) > 1 and losses[-1] < losses[0] else note
