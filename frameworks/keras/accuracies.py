"""Accuracies of a spec in Keras: Keras's own where the rule is unset, else a function written here.

The functions compute the rules of `frameworks.runtime.accuracy` for a batch inside the graph: y and p are the labels
and outputs, float32 of shape (n, outputs), and `logits` is the layer that stores the logits (`custom_layers.Kept`).
They return one value per sample, or per output of a sample: whether the prediction is correct.
"""
from frameworks.keras.api import KERAS_3, keras, ops
from frameworks.runtime.errors import Unsupported


def metric(accuracy, logits, width, labels="one_hot"):
    """Returns an entry of compile(metrics=[…]): Keras's name where the rule is unset, otherwise a function of the rule.

    `accuracy` is plain JSON, `width` the number of outputs, and `labels` their form, `one_hot` or `index`. A threshold
    without a rule applies to Keras's rule for one output; models with more outputs do not use it.
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
    """The largest output, the first of equal ones.

    Where the outputs equal their maximum is computed first, since TensorFlow would otherwise turn argmax(sigmoid(x))
    into argmax(x) (`api.set_rewriting`).
    """
    if keras.backend.backend() == "tensorflow":
        p = ops.cast(ops.equal(p, ops.max(p, axis=-1, keepdims=True)), "float32")
    return ops.equal(ops.argmax(y, axis=-1), ops.argmax(p, axis=-1))


def argmax_logits(y, p, logits, threshold):
    """The largest logit. Raises Unsupported on JAX."""
    if keras.backend.backend() == "jax":
        raise Unsupported("Keras on jax does not support accuracy.rule=argmax_logits: metrics see the outputs only.")
    return ops.equal(ops.argmax(y, axis=-1), ops.argmax(logits.value, axis=-1))


def over_threshold(y, p, logits, threshold):
    """Output > threshold predicts 1, else 0; the share of a sample's outputs that is correct."""
    return ops.mean(ops.cast(ops.equal(y, ops.cast(p > threshold, "float32")), "float32"), axis=-1)


def rounded(y, p, logits, threshold):
    """The rounded output equals the label; the share of a sample's outputs that is correct."""
    return ops.mean(ops.cast(ops.equal(y, ops.round(p)), "float32"), axis=-1)


def sigmoid_first(y, p, logits, threshold):
    """As `over_threshold`, of the sigmoid if any output of the batch is outside [0, 1]."""
    inside = ops.all(ops.logical_and(p >= 0, p <= 1))
    return over_threshold(y, ops.where(inside, p, ops.sigmoid(p)), logits, threshold)


RULES = {"argmax_outputs": argmax_outputs, "argmax_logits": argmax_logits, "threshold": over_threshold,
         "round": rounded, "sigmoid_first": sigmoid_first}
"""By the value of the field `accuracy.rule`."""


def rows(y, classes):
    """Returns one-hot labels, float32 of shape (n, classes), from class indices."""
    return ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), classes)
