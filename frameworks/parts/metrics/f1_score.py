"""F1Score: the harmonic mean of precision and recall. Python 3.6 and NumPy 1.16."""
from frameworks.parts.metrics import counts
from frameworks.parts.metrics.metric import MetricPart


class F1Score(MetricPart):
    """2 · right / (predicted + labels) with counts of all classes together (micro), or the mean over classes (macro).

    The largest output is the predicted class; labels are one-hot.
    """

    def value(self, metric, labels, outputs):
        predicted = counts.largest(outputs)
        right, total = (predicted * labels).sum(0), predicted.sum(0) + labels.sum(0)
        if metric["average"] == "micro":
            return float(counts.share(2 * right.sum(), total.sum()))
        scores = counts.share(2 * right, total)
        return float(scores.mean() if metric["absent"] == "zero" else scores[total > 0].mean())

    def rules(self):
        from frameworks.quirks.rule import field, keras, reference, torchmetrics
        return field("F1Score.absent", "metric", published=False, rules=(
            keras(value="zero", evidence="keras/src/metrics/f_score_metrics.py:204, :227: 0 / epsilon, and the mean "
                                         "over all classes",
                  explanation="Keras's macro F1 gives 0 to a class that is neither a label nor predicted, torchmetrics "
                              "leaves it out", fix="average the scores of `average=None` over the classes that occur"),
            torchmetrics(value="left_out", evidence="torchmetrics/utilities/compute.py:92"),
            reference(value="left_out", evidence="no publication has one: a class that does not occur is left out"))),

    def examples(self):
        from scenarios.spec import metrics
        labels, outputs = [[0, 1, 0], [1, 0, 0], [1, 0, 0]], [[0.1, 0.4, 0], [0.8, 0.7, 0], [0.1, 0.2, 0]]
        return ((metrics.F1Score("micro", "zero"), labels, outputs, 2 / 3),
                (metrics.F1Score("macro", "zero"), labels, outputs, (2 / 3 + 2 / 3) / 3),
                (metrics.F1Score("macro", "left_out"), labels, outputs, (2 / 3 + 2 / 3) / 2))


PART = F1Score()
