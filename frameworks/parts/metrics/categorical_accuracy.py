"""CategoricalAccuracy: the share of correctly classified samples. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics import counts
from frameworks.parts.metrics.metric import MetricPart
from frameworks.runtime.accuracy import accuracy


class CategoricalAccuracy(MetricPart):
    """The share of all samples (micro), or the mean over classes of the share of each class's samples (macro).

    The largest output is the predicted class; labels are one-hot. A class that is neither a label nor predicted does
    not count.
    """

    def value(self, metric, labels, outputs):
        if metric["average"] != "macro":
            return accuracy("argmax_outputs", labels, None, outputs)
        predicted = counts.largest(outputs)
        right, of_class = (predicted * labels).sum(0), labels.sum(0)
        occurs = predicted.sum(0) + of_class > 0
        return float(counts.share(right, of_class)[occurs].mean())

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torchmetrics
        return field("CategoricalAccuracy.average", "metric", rules=(
            keras(value="micro", evidence="keras/src/metrics/accuracy_metrics.py:129"),
            torchmetrics(value="macro", evidence="torchmetrics/classification/stat_scores.py:312",
                         explanation="MulticlassAccuracy of torchmetrics is the mean of the accuracies of the classes, "
                                     "Keras's CategoricalAccuracy the share of the samples",
                         fix="pass `average=\"micro\"`, or use `torchmetrics.Accuracy(task=\"multiclass\")`"),
            reference(value="micro", evidence="Bishop 2006, section 1.5.1"))),

    def examples(self):
        from scenarios.spec import metrics
        labels = [[0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
        outputs = [[0.1, 0.4, 0, 0], [0.8, 0.7, 0, 0], [0.1, 0.2, 0, 0], [0.1, 0.2, 0.3, 0]]
        return ((metrics.CategoricalAccuracy("micro"), labels, outputs, 2 / 4),
                (metrics.CategoricalAccuracy("macro"), labels, outputs, (1 / 3 + 1 / 1 + 0) / 3))


PART = CategoricalAccuracy()
