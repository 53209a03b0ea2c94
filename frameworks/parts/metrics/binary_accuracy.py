"""BinaryAccuracy: the share of outputs on the correct side of a threshold. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics.metric import MetricPart
from frameworks.runtime.accuracy import accuracy


class BinaryAccuracy(MetricPart):
    """The share of correct outputs, over outputs and samples together.

    An output above the threshold predicts the label 1. With `sigmoid="outside"`, the sigmoid of all outputs is
    taken first if one lies outside [0, 1].
    """

    def value(self, metric, labels, outputs):
        rule = "sigmoid_first" if metric["sigmoid"] == "outside" else "threshold"
        return accuracy(rule, labels, None, outputs, metric["threshold"])

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torchmetrics
        return (
            field("BinaryAccuracy.threshold", "metric", published=False, rules=(
                keras(value=0.5, evidence="keras/src/metrics/accuracy_metrics.py:112"),
                torchmetrics(value=0.5, evidence="torchmetrics/classification/stat_scores.py:166"),
                reference(value=0.5, evidence="no publication has one for all outputs: Keras's is taken"))),
            field("BinaryAccuracy.sigmoid", "metric", rules=(
                keras(value="never", evidence="keras/src/metrics/accuracy_metrics.py:63"),
                torchmetrics(value="outside", evidence="torchmetrics/functional/classification/stat_scores.py:694",
                             explanation="torchmetrics applies sigmoid to all outputs of a batch as soon as one lies "
                                         "outside [0, 1]",
                             fix="pass probabilities to torchmetrics, or threshold the outputs yourself"),
                reference(value="never", evidence="Bishop 2006, section 1.5.1"))),
        )

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1], [1, 0]], [[0.5, 0.6], [0, 2]]
        return ((metrics.BinaryAccuracy(0.5, "never"), labels, outputs, 2 / 4),
                (metrics.BinaryAccuracy(0.55, "outside"), labels, outputs, 1 / 4))


PART = BinaryAccuracy()
