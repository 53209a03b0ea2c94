"""RootMeanSquaredError: the square root of the mean of (output - label)². Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.metrics.metric import MetricPart


class RootMeanSquaredError(MetricPart):
    """The root of the mean over outputs and samples, which is not the mean over batches of their roots."""

    def value(self, metric, labels, outputs):
        return np.sqrt(((outputs - labels) ** 2).mean())

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0]], [[0.5, 1], [0, 2]]
        return (metrics.RootMeanSquaredError(), labels, outputs, ((0.25 + 0 + 1 + 4) / 4) ** 0.5),


PART = RootMeanSquaredError()
