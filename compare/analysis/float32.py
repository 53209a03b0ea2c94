"""Float32 numbers: their unit, the largest one of an array, and the distance of two arrays."""

from __future__ import annotations

import numpy as np

UNIT = float(np.finfo(np.float32).eps)
"""The relative distance of neighbouring float32 numbers."""
TINY = float(np.finfo(np.float32).tiny)
"""The smallest normal float32 number. Smaller numbers may be flushed to 0, which does not count as a difference."""


@np.errstate(invalid="ignore")
def distance(left: np.ndarray, right: np.ndarray) -> float:
    """The largest absolute difference; infinite where only one side is finite, as after an overflow of float32."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    size = np.abs(left - right).max(initial=0.0)
    if np.isfinite(size):
        return float(size)
    same = (left == right) | (~np.isfinite(left) & ~np.isfinite(right))
    return float(np.where(same, 0.0, np.nan_to_num(np.abs(left - right), nan=np.inf, posinf=np.inf)).max(initial=0.0))


def largest(array: np.ndarray) -> float:
    """The largest finite absolute value; 0 where there is none."""
    sizes = np.abs(np.asarray(array, float))
    size = sizes.max(initial=0.0)
    return float(size if np.isfinite(size) else np.nan_to_num(sizes, nan=0.0, posinf=0.0).max(initial=0.0))
