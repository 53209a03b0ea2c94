"""Precision: the share of correct predictions among the predicted classes. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics import counts
from frameworks.parts.metrics.metric import MetricPart


class Precision(MetricPart):
    """Counts the classes of all samples together; 0 if none is predicted. Labels are one-hot."""

    def value(self, metric, labels, outputs):
        predicted = counts.PREDICTED[metric["predicted"]](outputs)
        return float(counts.share((predicted * labels).sum(), predicted.sum()))

    def rules(self):
        return counts.rules("Precision", 348)

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0], [1, 0]], [[0.1, 0.4], [0.8, 0.7], [0.9, 0.2]]
        return ((metrics.Precision("above_half"), labels, outputs, 2 / 3),
                (metrics.Precision("largest"), labels, outputs, 3 / 3))


PART = Precision()
