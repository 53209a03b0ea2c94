"""QuadraticCost: half the squared error of a sample; Nielsen 2015, chapter 1, equation 6. Python 3.6 and NumPy 1.16."""
from frameworks.parts.losses.loss import LossPart


class QuadraticCost(LossPart):
    """½ Σ (p − y)² over the outputs, averaged over the batch."""

    is_quadratic = True

    def value_and_gradient(self, y, z, p, last, weights=1):
        return ((p - y) ** 2 * weights).sum(-1).mean() / 2, None, (p - y) * weights / len(y)

    def examples(self):
        from scenarios.spec import QuadraticCost
        return QuadraticCost(),


PART = QuadraticCost()
