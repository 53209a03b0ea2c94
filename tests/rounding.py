"""Helpers of the tests of frameworks: which frameworks are tested, and how much rounding can change a number.

UNIT is half the distance of two float32 numbers at 1, the largest rounding error of one operation.
"""

import numpy as np
import pytest

from compare.execution.environments import ENVIRONMENTS
from frameworks import FRAMEWORKS

UNIT = 2.0**-24
SUMMED = 784 * UNIT  # the largest rounding error of a sum over the pixels
LONG = pytest.param("keras-torch", marks=pytest.mark.nightly)
# Keras on jax compiles every spec again, which takes longer than the training.
LONG_JAX = pytest.param("keras-jax", marks=pytest.mark.nightly)
each_in_ci = pytest.mark.parametrize("framework", ["keras", "lightning", "reference", LONG_JAX, LONG])
each = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference", LONG])
each_float32 = pytest.mark.parametrize("framework", ["keras", "keras-jax", "lightning", "reference-float32", LONG])


def skip_unless_installed(framework):
    """Skips a test of a framework if its packages are not installed here."""
    packages, environment = FRAMEWORKS[framework].missing_packages, FRAMEWORKS[framework].environment
    if environment and not ENVIRONMENTS[environment].installed:
        pytest.skip(f"{framework} is not built here: python -m compare environments install={framework}")
    if packages:
        pytest.skip(f"{framework} needs {' and '.join(packages)}, not installed here")


def relative(actual, expected):
    """The largest difference of two arrays, relative to the largest absolute value of the second."""
    return float(np.max(np.abs(actual - expected)) / max(np.max(np.abs(expected)), 1e-30))
