"""The numbers that replace random ones while a user's two programs are compared: the same in both frameworks.

A number depends on the index of the sample, and, where a draw has only one other axis, on the index along that axis. It
does not depend on the order of the axes or of the draws: with channels first or last, a sample gets the same noise.
Python 3.6.
"""
import numpy as np

COUNT = 4093
"""The length of the tables, a prime number."""
NORMAL = np.random.RandomState(0).normal(size=COUNT)
UNIFORM = np.random.RandomState(1).uniform(size=COUNT)
"""The tables of drawn numbers, float64 of shape (COUNT,); `places` says which number is drawn where."""
OF_FEATURES = 61
"""How far apart in a table the numbers of two adjacent features are."""


def factors(sizes):
    """Returns for each axis the factor by which its index is multiplied for the place of a number in the table.

    The place is the sum of these products, modulo `COUNT`. `sizes` are those of the axes; an unknown one is None.
    """
    axes = [axis for axis, size in enumerate(sizes) if axis and size != 1]
    return [1 if not axis else OF_FEATURES if axes == [axis] else 0 for axis in range(len(sizes))]


def places(shape):
    """Returns the place in the table of every number of a draw, integers of the shape of the draw."""
    index = np.zeros(shape, dtype=int)
    for axis, factor in enumerate(factors(shape)):
        index += factor * np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return index % COUNT
