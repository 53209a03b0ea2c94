"""Predicted classes, and what precision and recall count. Python 3.6 and NumPy 1.16."""
import numpy as np

COMPUTED = "keras/src/metrics/confusion_metrics.py"
"""The file in which Keras counts."""


def above_half(outputs):
    """Return booleans of shape (n, outputs): whether each output is above 0.5."""
    return outputs > 0.5


def largest(outputs):
    """Return booleans of shape (n, outputs): whether each output is the largest of its sample, the first of equals."""
    return np.arange(outputs.shape[1]) == outputs.argmax(1)[:, None]


PREDICTED = {"above_half": above_half, "largest": largest, None: largest}
"""By the field `predicted`, the predicted classes; unset, it is the reference's `largest`."""


def share(part, whole):
    """Return the quotient of two counts, which can be arrays, or 0 where the divisor is 0."""
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)


def rules(kind, line):
    """Return the field `predicted` of `Precision` or `Recall` with its default rules, as a tuple.

    `kind` is the name of the class, and `line` the one of `COMPUTED` in which Keras sets its default threshold.
    """
    from frameworks.quirks.rule import field, keras, reference, torchmetrics
    return field(kind + ".predicted", "metric", published=False, rules=(
        keras(value="above_half", evidence="%s:%d" % (COMPUTED, line),
              explanation="Keras's %s counts every class with an output above 0.5, which can be none or several of a "
                          "sample, torchmetrics the class of the largest output" % kind,
              fix="pass `top_k=1`"),
        torchmetrics(value="largest", evidence="torchmetrics/functional/classification/stat_scores.py:341"),
        reference(value="largest", evidence="no publication has one for several outputs: the class that the accuracy "
                                            "predicts is taken"))),
