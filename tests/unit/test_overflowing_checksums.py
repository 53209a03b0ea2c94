"""Checksums of batches that overflow float32 say nothing about the data."""

import numpy as np
import pytest

from compare.analysis.stage_comparison import _compare_checksums


@pytest.mark.parametrize("left, right, differs, step", [
    ([np.inf, np.inf], [1.7e38, 1.8e38], False, 0), ([np.nan, 1.0], [2.0, 1.0], False, 0),
    ([np.inf, 1.0, 1.0], [1.7e38, 1.0, 2.0], True, 2), ([1.0, 1.5], [1.0, 2.0], True, 1), ([], [], False, 0)])
def test_only_finite_checksums_are_compared(left, right, differs, step):
    stage = _compare_checksums("images", np.array(left), np.array(right))
    assert (stage.differs, stage.step) == (differs, step)
