"""Losses and accuracies of a spec in Keras: Keras's own function where nothing is set, else one written here.

A function written here computes what the spec says: it reads the logits `z` from the layer that stores them and never
takes a hidden shortcut. Where the spec says what Keras does, it uses Keras's operations in Keras's order.
"""
import functools
import inspect

import numpy as np

from frameworks.keras.api import KERAS_3, keras, ops
from frameworks.keras.configuration import LOSSES
from frameworks.keras.own_layers import unmarked
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import set_fields

OLD_NAME = "kullback_leibler_divergence"
OWN = dict(LOSSES) if hasattr(keras.losses, "kl_divergence") else dict(LOSSES, KLDivergence=OLD_NAME)


def loss_function(loss, activation, logits, labels="one_hot"):
    """Returns a function (labels, outputs) -> loss per sample.

    `loss` is plain JSON, `activation` the last activation, `logits` the layer that stores the logits, and `labels` the
    form of the labels, `one_hot` or `index`. Raises Unsupported where Keras cannot express a field.
    """
    kind, smoothing = loss["is"], loss.get("label_smoothing", 0)
    numbers = labels == "index" and kind == "CategoricalCrossentropy"
    name = "sparse_categorical_crossentropy" if numbers else OWN.get(kind)
    fields = set_fields(loss)
    if name and not fields:
        return with_arguments(getattr(keras.losses, name), {"label_smoothing": smoothing} if smoothing else {})
    if set(fields) == {"of"} and fields["of"].endswith("_of_logits") and not (numbers and smoothing):
        return lambda y, p: of_logits(name, rows(y, p, smoothing) if smoothing else y, logits.value)
    if kind == "QuadraticCost":
        return lambda y, p: ops.sum(ops.square(p - y), axis=-1) / 2
    if kind == "Huber":
        return huber(**fields)
    if None in loss.values():
        raise Unsupported("Keras needs all fields of %s unset, all set, or only of=…_of_logits." % kind)
    if kind == "CategoricalCrossentropy":
        fields.update(numbers=numbers, label_smoothing=smoothing)
    if kind in OF_OUTPUTS:
        return lambda y, p: OF_OUTPUTS[kind](y, unmarked(p), **fields)
    function = {"CategoricalCrossentropy": categorical_crossentropy, "BinaryCrossentropy": binary_crossentropy}[kind]
    del fields["of"]
    return lambda y, p: function(y, logits.value, unmarked(p), activation, loss["of"], **fields)


def with_arguments(function, arguments):
    """Returns a Keras function (labels, outputs) with these arguments. Raises Unsupported where it lacks one."""
    unknown = set(arguments) - set(inspect.signature(function).parameters)
    if unknown:
        raise Unsupported("This Keras's %s cannot be told %s." % (function.__name__, min(unknown)))
    return functools.partial(function, **arguments) if arguments else function


def of_logits(name, y, z):
    """Returns Keras's loss of logits per sample; before Keras 3, only the function of its backend takes logits."""
    if KERAS_3:
        return getattr(keras.losses, name)(y, z, from_logits=True)
    value = getattr(keras.backend, name)(y, z, from_logits=True)
    return ops.mean(value, axis=-1) if name == "binary_crossentropy" else value


def rows(y, p, smoothing=0, numbers=False):
    """Returns labels with one value per output, smoothed; `numbers` says that they are class indices."""
    classes = int(p.shape[-1])
    if numbers:
        y = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), classes)
    return y * (1.0 - smoothing) + np.float32(smoothing) / np.float32(classes) if smoothing else y


def categorical_crossentropy(y, z, p, activation, of, row_division, clip, logits_form, numbers, label_smoothing):
    """−Σ y log q by every field of `scenarios.spec.CategoricalCrossentropy`."""
    source, kind = (p if of == "softmax_of_outputs" else z), (activation if of == "outputs" else "softmax")
    sparse, name = numbers and not label_smoothing, "categorical_crossentropy"
    labels, y = y, rows(y, p, label_smoothing, numbers)

    def of_softmax(v):
        return of_logits("sparse_" + name, labels, v) if sparse else of_logits(name, y, v)
    if logits_form and kind == "softmax" and not row_division and not clip:
        return of_softmax(source)
    if logits_form and kind in ("softmax", "sigmoid"):
        log_q = ops.log_softmax(source, axis=-1) if kind == "softmax" else ops.log_sigmoid(source)
        if row_division and row_division != "after_clip":
            log_q = ops.log_softmax(log_q, axis=-1)
        if clip:
            log_q = ops.clip(log_q, np.log(clip), np.log1p(-clip))
        if row_division == "after_clip":
            log_q = ops.log_softmax(log_q, axis=-1)
        return -ops.sum(y * log_q, axis=-1)
    q = p if of == "outputs" else ops.softmax(source, axis=-1)
    if row_division and not (row_division == "after_clip" and clip):
        q = q / ops.sum(q, axis=-1, keepdims=True)
    if clip:
        q = ops.clip(q, clip, 1 - clip)
    if row_division == "after_clip" and clip:
        return of_softmax(ops.log(q))  # the softmax of a logarithm is the division
    return -ops.sum(y * log(q, y > 0), axis=-1)


def binary_crossentropy(y, z, p, activation, of, domain, clip, log_floor, logits_form, log_offset):
    """−y log q − (1 − y) log(1 − q) by every field of `scenarios.spec.BinaryCrossentropy`."""
    if domain == "refuse":
        raise Unsupported("Keras cannot be told to refuse outputs outside [0, 1] (loss.domain).")
    if np.isfinite(float(log_floor)) and not (clip and np.log(clip) >= log_floor):  # else the clip makes it irrelevant
        raise Unsupported("Keras cannot be told a floor of the logarithm (loss.log_floor = %s)." % log_floor)
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and activation == "sigmoid"))
    source = p if from_p else z
    if logits_form and not (of == "outputs" and from_p) and not clip and not log_offset:
        return of_logits("binary_crossentropy", y, source)
    if logits_form and not (of == "outputs" and from_p):
        logs = [ops.log_sigmoid(v) for v in (source, -source)]
        logs = [ops.clip(value, np.log(clip), np.log1p(-clip)) for value in logs] if clip else logs
        logs = [ops.log(ops.exp(value) + log_offset) for value in logs] if log_offset else logs
    else:
        q = p if of == "outputs" else ops.sigmoid(source)
        if domain == "undefined" or not clip:
            q = ops.where(ops.logical_and(q >= 0, q <= 1), q, np.nan)
        q = ops.clip(q, clip, 1 - clip) if clip else q
        logs = [log(q + log_offset, y > 0), log(1 - q + log_offset, y < 1)] if log_offset else \
            [log(q, y > 0), log(1 - q, y < 1)]
    return ops.mean(-(y * logs[0] + (1 - y) * logs[1]), axis=-1)


def huber(delta=None, divided=False):
    """Returns Keras's Huber loss, divided by delta if `divided` is set, as in PyTorch's SmoothL1Loss."""
    if not hasattr(keras.losses, "Huber"):
        raise Unsupported("This Keras has no Huber loss.")
    if divided and delta is None:
        raise Unsupported("Keras can be told to divide by delta (loss.divided) only where loss.delta is said.")
    loss = keras.losses.Huber(reduction="none", **({} if delta is None else {"delta": delta}))
    return (lambda y, p: loss(y, p) / delta) if divided else loss


def kl_divergence(y, p, of, clip, mean_of):
    """Σ y log(y / q) by every field of `scenarios.spec.KLDivergence`."""
    q = p if of == "outputs" else ops.exp(p)
    if clip:
        y, q = ops.clip(y, clip, 1), ops.clip(q, clip, 1)
    logs = ops.log(y / q) if clip else log(y, y > 0) - (p if of == "powers_of_outputs" else log(q, y > 0))
    value = ops.sum(y * logs, axis=-1)
    return value / int(p.shape[-1]) if mean_of == "elements" else value


def hinge(y, p, signs):
    """max(1 − y p, 0)."""
    y = 2.0 * y - 1.0 if signs else y
    return ops.mean(ops.maximum(1.0 - y * p, 0.0), axis=-1)


def categorical_hinge(y, p, from_zero):
    """max(1 + the largest wrong output − the correct output, 0)."""
    wrong = (1.0 - y) * p if from_zero else ops.where(y > 0, -np.inf, p)
    return ops.maximum(ops.max(wrong, axis=-1) - ops.sum(y * p, axis=-1) + 1.0, 0.0)


OF_OUTPUTS = {"KLDivergence": kl_divergence, "Hinge": hinge, "CategoricalHinge": categorical_hinge}
"""Fully specified losses that use only the outputs."""


def log(q, needed):
    """Returns the logarithm of q where a label needs it, else 0, since 0 · log 0 is 0."""
    return ops.log(ops.where(needed, q, ops.ones_like(q)))


def metric(accuracy, logits, width, labels="one_hot"):
    """Returns an entry of compile(metrics=[…]): Keras's name where the rule is unset, otherwise a function of the rule.

    A threshold without a rule applies to Keras's rule for one output; models with more outputs do not use it.
    """
    numbers = labels == "index" and width > 1
    if accuracy["rule"] is None and (accuracy["threshold"] is None or width > 1):
        return named_accuracy(keras.metrics.sparse_categorical_accuracy) if numbers and not KERAS_3 else "accuracy"
    rule, threshold = RULES[accuracy["rule"] or "threshold"], accuracy["threshold"]

    def accuracy_by_rule(y, p):
        correct = rule(rows(y, p, numbers=numbers), p, logits, 0.5 if threshold is None else threshold)
        return ops.cast(correct, "float32")
    return named_accuracy(accuracy_by_rule)


def named_accuracy(function):
    """Returns the metric under the name `accuracy`.

    Older versions of Keras choose the function of `accuracy` by the loss, which the recorder hides from them.
    """
    def named(y, p):
        return function(y, p)
    named.__name__ = "accuracy"
    return named


def argmax_outputs(y, p, logits, threshold):
    return ops.equal(ops.argmax(y, axis=-1), ops.argmax(p, axis=-1))


def argmax_logits(y, p, logits, threshold):
    if keras.backend.backend() == "jax":
        raise Unsupported("Keras on jax cannot be told accuracy.rule=argmax_logits: its metrics see only the outputs.")
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
