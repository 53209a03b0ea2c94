"""MeanAbsoluteError: the mean of |output - label|. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics.metric import MetricPart


class MeanAbsoluteError(MetricPart):
    """Averages the absolute errors over outputs and samples."""

    def value(self, metric, labels, outputs):
        return abs(outputs - labels).mean()

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0]], [[0.5, 1], [0, 2]]
        return (metrics.MeanAbsoluteError(), labels, outputs, (0.5 + 0 + 1 + 2) / 4),


PART = MeanAbsoluteError()
