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
    same = (left == right) | (~np.isfinite(left) & ~np.isfinite(right))
    return float(np.where(same, 0.0, np.nan_to_num(np.abs(left - right), nan=np.inf, posinf=np.inf)).max(initial=0.0))


def largest(array: np.ndarray) -> float:
    """The largest finite absolute value; 0 where there is none."""
    return float(np.nan_to_num(np.abs(np.asarray(array, float)), nan=0.0, posinf=0.0).max(initial=0.0))
