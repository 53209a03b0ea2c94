"""Recall: the share of the labels that are predicted. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics import counts
from frameworks.parts.metrics.metric import MetricPart


class Recall(MetricPart):
    """Counts the classes of all samples together. Labels are one-hot."""

    def value(self, metric, labels, outputs):
        predicted = counts.PREDICTED[metric["predicted"]](outputs)
        return float(counts.share((predicted * labels).sum(), labels.sum()))

    def rules(self):
        return counts.rules("Recall", 492)

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0], [1, 0]], [[0.1, 0.4], [0.8, 0.7], [0.9, 0.2]]
        return ((metrics.Recall("above_half"), labels, outputs, 2 / 3),
                (metrics.Recall("largest"), labels, outputs, 3 / 3))


PART = Recall()
