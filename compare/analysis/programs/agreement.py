"""The distance of two arrays relative to their largest value, in any layout."""

from __future__ import annotations

from typing import Iterable

import numpy as np

from compare.analysis.programs.description import Array

TOLERANCE = 1e-7
"""The relative difference in float64 above which two programs define something differently: rounding gives about 1e-15,
and the smallest difference of definition that was measured is 1e-6 of an update (Adam's epsilon)."""
FLOAT32 = 1e-5
"""The same for an operation that computes in float32 whatever the dtype is: about 100 times its rounding error."""


def relative_difference(left: Array, right: Array, floor: float = 0.0) -> float:
    """The largest difference of two arrays, relative to their largest value; infinite if shapes or NaN differ.

    `floor` is a value below which the arrays count as zero, such as the rounding error of a sum with terms that cancel.
    """
    if left.shape != right.shape:
        return float("inf")
    if left.size == 0:
        return 0.0
    if not np.array_equal(np.isnan(left), np.isnan(right)):
        return float("inf")
    finite = np.isfinite(left) & np.isfinite(right)
    if not np.array_equal(left[~finite], right[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    left, right = left[finite].astype(float), right[finite].astype(float)
    scale = max(float(np.abs(left).max()), float(np.abs(right).max()), floor)
    return float(np.abs(left - right).max()) / scale if scale else 0.0


def layouts(array: Array) -> Iterable[Array]:
    """The layouts in which the other framework can hold an array: unchanged, channels first, time first, or samples and
    time in one axis.
    """
    yield array
    if array.ndim > 2:
        yield np.moveaxis(array, -1, 1)
        yield np.swapaxes(array, 0, 1)
        yield array.reshape(-1, *array.shape[2:])
    if array.ndim > 3:
        yield np.moveaxis(array, 1, -1)
        yield np.moveaxis(array.reshape(-1, *array.shape[2:]), -1, 1)
    if array.ndim > 4:
        yield np.moveaxis(array, -1, 2)
    if 1 in array.shape[1:]:
        yield array.reshape(array.shape[0], *(size for size in array.shape[1:] if size != 1))


def agreement(left: Array, right: Array) -> float:
    """The smallest relative difference of two outputs over all layouts."""
    compact = right.reshape(right.shape[0], *(size for size in right.shape[1:] if size != 1)) if right.ndim else right
    return min((relative_difference(layout, target) for layout in layouts(left)
                for target in ((right, compact) if compact.shape != right.shape else (right,))
                if layout.shape == target.shape), default=float("inf"))


Outline = tuple[float, float, float] | None
"""Smallest value, largest value and mean of an array, which no layout changes; None if some are not finite."""


def outline(array: Array) -> Outline:
    """The outline of an array."""
    if not array.size:
        return None
    with np.errstate(invalid="ignore"):  # the mean of two infinities
        least, largest, mean = float(array.min()), float(array.max()), float(array.mean(dtype=float))
    return (least, largest, mean) if np.isfinite([least, largest, mean]).all() else None


def may_agree(left: Outline, right: Outline, limit: float) -> bool:
    """Whether arrays of these outlines can agree within a limit: no number of the outline differs by more than an entry
    does, apart from rounding of the mean."""
    if left is None or right is None:
        return True
    scale = max(map(abs, (*left[:2], *right[:2])))
    return all(abs(ours - theirs) <= 2 * limit * scale for ours, theirs in zip(left, right))
