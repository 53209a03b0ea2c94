"""What the tests of the realizations share: who is tested, and how far rounding can move a number.

UNIT is the half distance of two float32 numbers at 1, the most that one operation loses.
"""

import numpy as np
import pytest

from compare.execution.environments import ENVIRONMENTS
from frameworks import FRAMEWORKS

UNIT = 2.0**-24
SUMMED = 784 * UNIT  # the most that a sum over the pixels loses
LONG = pytest.param("keras-torch", marks=pytest.mark.nightly)
# Keras on jax compiles every spec anew, longer than it trains.
LONG_JAX = pytest.param("keras-jax", marks=pytest.mark.nightly)
each_in_ci = pytest.mark.parametrize("framework", ["keras", "lightning", "reference", LONG_JAX, LONG])
each = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference", LONG])
each_float32 = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference-float32", LONG])


def skip_unless_installed(framework):
    """Skips a test of a framework whose packages are not installed here."""
    missing, own = FRAMEWORKS[framework].missing, FRAMEWORKS[framework].environment
    if own and not ENVIRONMENTS[own].installed:
        pytest.skip(f"{framework} is not built here: python -m compare environments install={framework}")
    if missing:
        pytest.skip(f"{framework} needs {' and '.join(missing)}, not installed here")


def relative(one, other):
    """The largest difference of two arrays, relative to the largest of their numbers."""
    return float(np.max(np.abs(one - other)) / max(np.max(np.abs(other)), 1e-30))
