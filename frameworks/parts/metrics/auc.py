"""AUC: the area under the ROC curve of one output; Fawcett 2006, algorithm 2. Python 3.6 and NumPy 1.16."""
import numpy as np

from frameworks.parts.metrics import counts
from frameworks.parts.metrics.metric import MetricPart


class AUC(MetricPart):
    """The area under the true positive rate over the false positive rate at all thresholds, by the trapezoidal rule.

    With `thresholds="all"`, every output is a threshold. A number n means n thresholds at equal distances from 0 to
    1, except that all outputs are above the lowest and none above the highest, as in Keras
    (keras/src/metrics/confusion_metrics.py:1252).
    """

    def value(self, metric, labels, outputs):
        positive, outputs = labels[:, 0] > 0.5, outputs[:, 0]
        if metric["thresholds"] in (None, "all"):
            thresholds = np.append(np.unique(outputs)[::-1], -np.inf)
        else:
            number = metric["thresholds"]
            thresholds = np.concatenate([[np.inf], np.arange(number - 2, 0, -1) / (number - 1.0), [-np.inf]])
        above = outputs[:, None] > thresholds
        true, false = (counts.share(above[of_class].sum(0), of_class.sum()) for of_class in (positive, ~positive))
        return float(((true[1:] + true[:-1]) / 2 * np.diff(false)).sum())

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torchmetrics
        return field("AUC.thresholds", "metric", rules=(
            keras(value=200, evidence="keras/src/metrics/confusion_metrics.py:1191",
                  explanation="Keras's AUC has 200 thresholds between 0 and 1, and does not tell outputs apart that "
                              "lie between two of them",
                  fix="pass a larger `num_thresholds`, or `from_logits=True` with logits"),
            torchmetrics(value="all", evidence="torchmetrics/classification/auroc.py:112"),
            reference(value="all", evidence="Fawcett 2006, algorithm 2"))),

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[1], [0], [1], [0]], [[0.9], [0.6], [0.55], [0.52]]
        return (metrics.AUC(3), labels, outputs, 1 / 2), (metrics.AUC("all"), labels, outputs, 3 / 4)


PART = AUC()
