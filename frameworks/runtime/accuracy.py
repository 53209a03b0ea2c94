"""The rules by which a prediction counts as right, in NumPy; one line a rule, the same for every framework's outputs.

Python 3.6 and NumPy 1.16. Logits and outputs have shape (n, outputs); labels the same, one-hot or 0 and 1, or (n, 1)
with the numbers of classes.
"""
import numpy as np


def argmax_outputs(labels, logits, outputs, threshold):
    """The largest output, the first among equals; a nan counts as the largest, as in NumPy, TensorFlow and PyTorch."""
    return outputs.argmax(1) == numbers(labels)


def argmax_logits(labels, logits, outputs, threshold):
    """The largest logit: the input of the last activation."""
    return logits.argmax(1) == numbers(labels)


def over_threshold(labels, logits, outputs, threshold):
    """Output > threshold means 1, and no other label is right; keras/src/metrics/accuracy_metrics.py:63 (3.15)."""
    return (outputs > threshold) == labels


def rounded(labels, logits, outputs, threshold):
    """The label equals the rounded output, so 2 and -1 are always wrong; keras/metrics.py:26 (2.2.4)."""
    return np.round(outputs) == labels


def sigmoid_first(labels, logits, outputs, threshold):
    """A sigmoid of all where one output lies outside [0, 1]; torchmetrics/utilities/compute.py:201 (1.9)."""
    if not ((outputs >= 0) & (outputs <= 1)).all():
        with np.errstate(over="ignore"):
            outputs = 1 / (1 + np.exp(-outputs))
    return (outputs > threshold) == labels


RULES = {"argmax_outputs": argmax_outputs, "argmax_logits": argmax_logits, "threshold": over_threshold,
         "round": rounded, "sigmoid_first": sigmoid_first}


TITLES = {"argmax_outputs": "the largest output", "argmax_logits": "the largest logit",
          "threshold": "outputs above the threshold", "round": "rounding each output",
          "sigmoid_first": "a sigmoid applied to outputs outside [0, 1]"}
"""What a rule looks at, for a person."""


def numbers(labels):
    """The number of each sample's class, of labels for more outputs than one."""
    return labels.argmax(1) if labels.shape[1] > 1 else labels[:, 0]


def rules_for(width):
    """The names of the rules that can be asked of so many outputs."""
    return ("argmax_outputs", "argmax_logits") if width > 1 else ("threshold", "round", "sigmoid_first")


def accuracy(rule, labels, logits, outputs, threshold=None):
    """The share of samples that `rule` calls right, in [0, 1]; a threshold that is not set is one half."""
    return float(np.mean(RULES[rule](labels, logits, outputs, 0.5 if threshold is None else threshold)))
