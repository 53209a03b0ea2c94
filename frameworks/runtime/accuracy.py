"""The rules by which a prediction counts as correct, in NumPy. They apply equally to the outputs of every framework.

Python 3.6 and NumPy 1.16. Logits and outputs have shape (n, outputs). Labels have the same shape, one-hot or 0 and 1,
or shape (n, 1) with class indices.
"""
import numpy as np


def argmax_outputs(labels, logits, outputs, threshold):
    """The largest output, the first of equal ones; NaN counts as the largest, as in NumPy, TensorFlow and PyTorch."""
    return outputs.argmax(1) == numbers(labels)


def argmax_logits(labels, logits, outputs, threshold):
    """The largest logit: the input of the last activation."""
    return logits.argmax(1) == numbers(labels)


def over_threshold(labels, logits, outputs, threshold):
    """Output > threshold predicts 1, else 0; no other label matches. keras/src/metrics/accuracy_metrics.py:63 (3.15.1).
    """
    return (outputs > threshold) == labels


def rounded(labels, logits, outputs, threshold):
    """The rounded output equals the label, so 2 and -1 are always wrong; keras/metrics.py:26 (2.2.4)."""
    return np.round(outputs) == labels


def sigmoid_first(labels, logits, outputs, threshold):
    """As `threshold`, of the sigmoid if any output is outside [0, 1]; torchmetrics/utilities/compute.py:201 (1.9)."""
    if not ((outputs >= 0) & (outputs <= 1)).all():
        with np.errstate(over="ignore"):
            outputs = 1 / (1 + np.exp(-outputs))
    return (outputs > threshold) == labels


RULES = {"argmax_outputs": argmax_outputs, "argmax_logits": argmax_logits, "threshold": over_threshold,
         "round": rounded, "sigmoid_first": sigmoid_first}
"""By the value of the field `accuracy.rule`: (labels, logits, outputs, threshold) -> whether each prediction is
correct, bool of shape (n,), or, for a rule that looks at each output, of the shape of the labels."""

TITLES = {"argmax_outputs": "the largest output", "argmax_logits": "the largest logit",
          "threshold": "outputs above the threshold", "round": "rounding each output",
          "sigmoid_first": "a sigmoid applied to outputs outside [0, 1]"}
"""Descriptions of the rules, as displayed."""


def numbers(labels):
    """Returns the class index of each sample, of shape (n,), from labels of shape (n, classes) or (n, 1)."""
    return labels.argmax(1) if labels.shape[1] > 1 else labels[:, 0]


def rules_for(width):
    """Returns the names of the rules that apply to a model with `width` outputs."""
    return ("argmax_outputs", "argmax_logits") if width > 1 else ("threshold", "round", "sigmoid_first")


def accuracy(rule, labels, logits, outputs, threshold=None, weights=None):
    """Returns the share of samples that `rule` counts as correct, in [0, 1]; an unset threshold is 0.5.

    `weights` are those of the samples, or None where all count alike.
    """
    correct = RULES[rule](labels, logits, outputs, 0.5 if threshold is None else threshold)
    return float(np.mean(correct) if weights is None else np.average(np.ravel(correct), weights=weights))
