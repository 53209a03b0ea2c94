"""Accuracies of a spec in Keras: Keras's own where the rule is unset, else a function written here.

A function written here reads the logits from the layer that stores them and never takes a hidden shortcut.
"""
from frameworks.keras.api import KERAS_3, keras, ops
from frameworks.runtime.errors import Unsupported


def metric(accuracy, logits, width, labels="one_hot"):
    """Returns an entry of compile(metrics=[…]): Keras's name where the rule is unset, otherwise a function of the rule.

    A threshold without a rule applies to Keras's rule for one output; models with more outputs do not use it.
    """
    numbers = labels == "index" and width > 1
    if accuracy["rule"] is None and (accuracy["threshold"] is None or width > 1):
        return named_accuracy(keras.metrics.sparse_categorical_accuracy) if numbers and not KERAS_3 else "accuracy"
    rule, threshold = RULES[accuracy["rule"] or "threshold"], accuracy["threshold"]

    def accuracy_by_rule(y, p):
        correct = rule(rows(y, int(p.shape[-1])) if numbers else y, p, logits, 0.5 if threshold is None else threshold)
        return ops.cast(correct, "float32")
    return named_accuracy(accuracy_by_rule)


def named_accuracy(function):
    """Returns the metric under the name `accuracy`.

    Older versions of Keras choose the function of `accuracy` by the loss, which the recorder hides from them. Keras 3
    would make the metric of a function while it builds the graph of a step, and TensorFlow then builds it twice.
    """
    def named(y, p):
        return function(y, p)
    named.__name__ = "accuracy"
    return keras.metrics.MeanMetricWrapper(named, name="accuracy") if KERAS_3 else named


def argmax_outputs(y, p, logits, threshold):
    """The largest output is read twice, since TensorFlow would else turn argmax(sigmoid(x)) into argmax(x)."""
    if keras.backend.backend() == "tensorflow":
        p = ops.cast(ops.equal(p, ops.max(p, axis=-1, keepdims=True)), "float32")
    return ops.equal(ops.argmax(y, axis=-1), ops.argmax(p, axis=-1))


def argmax_logits(y, p, logits, threshold):
    if keras.backend.backend() == "jax":
        raise Unsupported("Keras on jax does not support accuracy.rule=argmax_logits: metrics see the outputs only.")
    return ops.equal(ops.argmax(y, axis=-1), ops.argmax(logits.value, axis=-1))


def over_threshold(y, p, logits, threshold):
    return ops.mean(ops.cast(ops.equal(y, ops.cast(p > threshold, "float32")), "float32"), axis=-1)


def rounded(y, p, logits, threshold):
    return ops.mean(ops.cast(ops.equal(y, ops.round(p)), "float32"), axis=-1)


def sigmoid_first(y, p, logits, threshold):
    inside = ops.all(ops.logical_and(p >= 0, p <= 1))
    return over_threshold(y, ops.where(inside, p, ops.sigmoid(p)), logits, threshold)


RULES = {"argmax_outputs": argmax_outputs, "argmax_logits": argmax_logits, "threshold": over_threshold,
         "round": rounded, "sigmoid_first": sigmoid_first}


def rows(y, classes):
    """Returns labels with one value per output; y are class indices."""
    return ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), classes)
