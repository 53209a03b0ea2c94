"""The NumPy reference with the gradient of the loss at outputs moved by one unit in their last place.

Where a softmax or a sigmoid is nearly saturated, such a move decides whether an output lies inside the range to which a
loss clips, and therefore whether its sample has a gradient at all. The order in which a softmax sums is enough to cause
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frameworks.reference.layers import IN_TRAINING, after
from frameworks.reference.losses import one_hot
from frameworks.reference.model import Model


class LargestFirst(np.ndarray):
    """An array with rows that are summed one number at a time, the largest first: small numbers are rounded away."""

    order = -1

    def sum(self, axis: Any = None, **options: Any) -> Any:  # type: ignore[override]
        values = np.asarray(self)
        if axis != -1:
            return values.sum(axis, **options)
        places = np.argsort(self.order * np.abs(values), -1)
        total = np.add.accumulate(np.take_along_axis(values, places, -1), -1)[..., -1:].view(type(self))
        return total if options.get("keepdims") else total[..., 0]


class SmallestFirst(LargestFirst):
    """An array with rows that are summed one number at a time, the smallest first: little is rounded away."""

    order = 1


class MovedUp(Model):
    """The reference with the gradient of the loss at logits and outputs moved by one unit in their last place.

    The outputs of the labels are moved up and all others down; a softmax sums in the order that moves them in the same
    direction. All other numbers of the step are unchanged: no layer gets a moved input.
    """

    towards: int = 1
    rows: type[LargestFirst] = LargestFirst

    def _loss(self, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray, loss: Any = None,
              weights: Any = None, last: str = "") -> Any:
        if loss is not None:  # an evaluation: nothing is moved
            return super()._loss(y, logits, outputs, loss, last=last)
        direction = self.towards * np.where(one_hot(y, logits.shape[1]) > 0, 1, -1)
        moved_logits = _moved(logits, direction).view(self.rows)
        name, layer = self.layers[-1]
        moved_outputs = moved_logits if self.last == "linear" else _within(outputs, _moved(
            after(name, layer, self.weights, moved_logits, IN_TRAINING), direction)).view(self.rows)
        results = super()._loss(y, moved_logits, moved_outputs, weights=weights)
        return tuple(part if part is None else np.asarray(part) for part in results)


class MovedDown(MovedUp):
    """The reference with all logits and outputs moved in the opposite direction."""

    towards = -1
    rows = SmallestFirst


def _moved(values: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Each number moved by one unit in its last place, up where `direction` is positive; 0 is unchanged."""
    values = np.asarray(values)
    return np.where(values == 0, values, np.nextafter(values, (direction * np.inf).astype(values.dtype)))


def _within(values: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The moved numbers, clipped to [-1, 1] where the values lie in it: log(1 - p) is undefined for p above 1."""
    return np.where(np.abs(values) <= 1, np.clip(moved, -1, 1), moved).astype(values.dtype)
