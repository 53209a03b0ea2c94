"""MeanSquaredError: the mean of (output - label)². Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics.metric import MetricPart


class MeanSquaredError(MetricPart):
    """Averages the squared errors over outputs and samples."""

    def value(self, metric, labels, outputs):
        return ((outputs - labels) ** 2).mean()

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0]], [[0.5, 1], [0, 2]]
        return (metrics.MeanSquaredError(), labels, outputs, (0.25 + 0 + 1 + 4) / 4),


PART = MeanSquaredError()
