"""MeanAbsoluteError. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.losses.loss import LossPart


class MeanAbsoluteError(LossPart):
    """|p − y|, averaged over outputs and batch. The gradient is 0 where p equals y."""

    def value_and_gradient(self, y, z, p, last, weights=1):
        return (abs(p - y) * weights).mean(), None, np.sign(p - y) * weights / y.size

    def examples(self):
        from scenarios.spec import MeanAbsoluteError
        return MeanAbsoluteError(),


PART = MeanAbsoluteError()
