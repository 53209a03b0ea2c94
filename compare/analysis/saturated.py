"""The reference, with the gradient of its loss at outputs that are moved by one unit in their last place.

Where a softmax or a sigmoid is nearly saturated, that decides whether an output lies inside the clip of a loss, and so
whether its sample has a gradient at all; in which order a softmax adds up is enough to move it so far.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frameworks.reference.layers import IN_TRAINING, after
from frameworks.reference.model import Model, one_hot


class LargestFirst(np.ndarray):
    """An array whose rows are added up one by one from the largest number on: what is below its last place is lost."""

    order = -1

    def sum(self, axis: Any = None, **others: Any) -> Any:  # type: ignore[override]
        values = np.asarray(self)
        if axis != -1:
            return values.sum(axis, **others)
        places = np.argsort(self.order * np.abs(values), -1)
        total = np.add.accumulate(np.take_along_axis(values, places, -1), -1)[..., -1:].view(type(self))
        return total if others.get("keepdims") else total[..., 0]


class SmallestFirst(LargestFirst):
    """The same from the smallest number on: nothing is lost that matters."""

    order = 1


class MovedUp(Model):
    """The reference, with the gradient of the loss at logits and outputs moved by one unit in their last place.

    Every other number of the step is as it was: no layer gets a moved input. The outputs of the labels are moved
    upwards and all others downwards; a softmax adds up in the order that moves it the same way.
    """

    towards: int = 1
    rows: type[LargestFirst] = LargestFirst

    def _loss(self, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray, told: Any = None) -> Any:
        if told is not None:  # of an evaluation
            return super()._loss(y, logits, outputs, told)
        up = self.towards * np.where(one_hot(y, logits.shape[1]) > 0, 1, -1)
        moved = _moved(logits, up).view(self.rows)
        name, layer = self.layers[-1]
        found = super()._loss(y, moved, moved if self.last == "linear" else _within(
            outputs, _moved(after(name, layer, self.weights, moved, IN_TRAINING), up)).view(self.rows))
        return tuple(part if part is None else np.asarray(part) for part in found)


class MovedDown(MovedUp):
    """The same, moved the other way."""

    towards = -1
    rows = SmallestFirst


def _moved(values: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Each number moved by one unit in its last place; a 0 stays."""
    values = np.asarray(values)
    return np.where(values == 0, values, np.nextafter(values, (up * np.inf).astype(values.dtype)))


def _within(values: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The moved numbers, where a number from -1 to 1 stays one: beyond 1, a probability has no logarithm."""
    return np.where(np.abs(values) <= 1, np.clip(moved, -1, 1), moved).astype(values.dtype)
