"""The random numbers that a user's two programs draw while they are compared: the same in both frameworks. Python 3.6.

A number depends on the sample that it is for, and on the feature where a draw has no other axes, so that neither the
order of the axes nor that of the draws counts: with channels first or last, a sample gets the same noise.
"""
import numpy as np

COUNT = 4093
NORMAL = np.random.RandomState(0).normal(size=COUNT)
UNIFORM = np.random.RandomState(1).uniform(size=COUNT)
"""What is drawn; the places are those of `factors`, modulo `COUNT`."""
OF_FEATURES = 61


def factors(sizes):
    """Returns by what the index of each axis counts for the place of a number; `sizes` may be unknown, as None."""
    axes = [axis for axis, size in enumerate(sizes) if axis and size != 1]
    return [1 if not axis else OF_FEATURES if axes == [axis] else 0 for axis in range(len(sizes))]


def places(shape):
    """Returns the place in the table of every number of a draw."""
    index = np.zeros(shape, dtype=int)
    for axis, factor in enumerate(factors(shape)):
        index += factor * np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return index % COUNT
