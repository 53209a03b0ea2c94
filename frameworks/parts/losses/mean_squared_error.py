"""MeanSquaredError. Python 3.6 and NumPy 1.16."""
from frameworks.parts.losses.loss import LossPart


class MeanSquaredError(LossPart):
    """(p − y)², averaged over outputs and batch."""

    is_quadratic = True

    def value_and_gradient(self, y, z, p, last, weights=1):
        return ((p - y) ** 2 * weights).mean(), None, 2 * (p - y) * weights / y.size

    def examples(self):
        from scenarios.spec import MeanSquaredError
        return MeanSquaredError(),


PART = MeanSquaredError()
