"""Two numbers that rounding could move far are not called the same, however near they are."""

from types import SimpleNamespace

import numpy as np
import pytest
from faulty import SOFTMAX

from compare.analysis import differences
from compare.analysis.noise import FACTOR
from compare.analysis.quantities import QUANTITIES
from frameworks.runtime.trace import Trace
from scenarios.scenario import Variant

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"]}
ENVIRONMENTS = {"keras": KERAS, "lightning": {"framework": "lightning", "backend": "torch", "device": "cpu"}}


def compared(left, right, tolerance):
    """The comparison of two training losses with a rounding tolerance."""
    def trace(loss):
        return Trace({}, {"reported/train/loss": np.array([loss])})

    def of_precision(training, seed):
        return trace(1.0 if training[0] == "reference" else 1.0 + tolerance / FACTOR)
    cache = SimpleNamespace(seeds=[0], trace=of_precision)
    traces = {"keras": {("a", 0): trace(left)}, "lightning": {("a", 0): trace(right)}}
    return differences._compared(Variant("a", "A", SOFTMAX, "reported"), ("keras", "lightning"), QUANTITIES[0], 1,
                                 traces, ENVIRONMENTS, "shared", cache)


@pytest.mark.parametrize("left, right, tolerance, differs", [
    (2.348, 1.079, 2.0, None), (2.0, 2.0, 0.5, None), (2.0, 2.001, 0.01, False), (2.0, 1.0, 0.5, True),
    (2.0, 2.0, 3.0, None)])
def test_numbers_are_the_same_within_a_small_tolerance_only(left, right, tolerance, differs):
    difference = compared(left, right, tolerance)
    assert difference.differs is differs
    assert difference.reason == (f"rounding alone could move it by {tolerance:g}" if differs is None else "")
