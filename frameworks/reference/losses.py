"""Losses of a batch. The default arguments are the definitions of the textbooks and papers that the rules cite.

Each function takes labels y, logits z and outputs p, all of shape (batch, outputs), and the name `act` of the last
activation, or `linear`. It returns (loss, gradient with respect to z or None, gradient with respect to p or None): the
first gradient is set if the loss is computed from the logits, the second if it is computed from the outputs. Raises
Undefined for the logarithm of a number <= 0.
"""
import numpy as np

from frameworks.parts.activation import sigmoid, softmax, softmax_pullback
from frameworks.runtime.errors import Refused, Undefined

TORCH_SLOPE_FLOOR = 1e-12  # aten/src/ATen/native/Loss.cpp, binary_cross_entropy_backward: the minimum of the divisor


def log_softmax(v):
    """Return v − log Σ e^v over the last axis."""
    v = v - v.max(-1, keepdims=True)
    return v - np.log(np.exp(v).sum(-1, keepdims=True))


def log_sigmoid(v):
    """Return log(1 / (1 + e^-v)), accurate for large |v|."""
    return np.minimum(v, 0) - np.log1p(np.exp(-np.abs(v)))


def categorical_crossentropy(y, z, p, act, of="outputs", row_division=False, clip=0.0, logits_form=True,
                             label_smoothing=0.0, weights=1):
    """Compute −Σ y log q, with every field of `scenarios.spec.CategoricalCrossentropy`.

    `weights` are the weights of the samples, of shape (batch, 1), or 1.
    """
    y = (y * (1 - label_smoothing) + np.asarray(label_smoothing / y.shape[1], y.dtype)) * weights
    from_p, kind = (of == "softmax_of_outputs"), (act if of == "outputs" else "softmax")
    source = p if from_p else z
    if logits_form and kind == "softmax":
        value, pullbacks, in_log = log_softmax(source), [_log_softmax_pullback(source)], True
    elif logits_form and kind == "sigmoid":
        value, pullbacks, in_log = log_sigmoid(source), [lambda g: g * sigmoid(-source)], True
    elif of == "outputs":
        value, pullbacks, in_log, from_p = p, [], False, True
    else:
        value, in_log = softmax(source), False
        pullbacks = [lambda g, q=value: softmax_pullback(q, g)]
    if row_division and row_division != "after_clip":
        value, pullback = _divided(value, in_log)
        pullbacks.append(pullback)
    if clip:
        low, high = (np.log(clip), np.log1p(-clip)) if in_log else (clip, 1 - np.asarray(clip, p.dtype))
        pullbacks.append(lambda g, inside=(value >= low) & (value <= high): g * inside)
        value = np.clip(value, low, high).astype(p.dtype)
    if row_division == "after_clip":
        value, pullback = _divided(value, in_log)
        pullbacks.append(pullback)
    if not in_log:
        value, pullback = _log(value, y > 0)
        pullbacks.append(pullback)
    gradient = -y / len(y)
    for pullback in reversed(pullbacks):
        gradient = pullback(gradient)
    loss = -np.where(y > 0, y * value, 0).sum(-1).mean()
    return (loss, None, gradient) if from_p else (loss, gradient, None)


def binary_crossentropy(y, z, p, act, of="outputs", domain="undefined", clip=0.0, log_floor=-np.inf, logits_form=True,
                        log_offset=0.0, weights=1):
    """Compute −y log q − (1 − y) log(1 − q), with every field of `scenarios.spec.BinaryCrossentropy`.

    `weights` are the weights of the samples, of shape (batch, 1), or 1. Labels are not restricted to 0 and 1, as in the
    frameworks: with digits as labels, y can be 7.
    """
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and act == "sigmoid"))
    source = p if from_p else z
    slope = np.ones((), p.dtype)  # the derivative of q with respect to the source
    if of == "outputs" and from_p:
        q = p
    else:
        q = sigmoid(source)
        slope = q * (1 - q)
    outside = (q < 0) | (q > 1)
    if domain == "refuse" and outside.any():
        raise Refused("binary cross-entropy got an output of %g, outside [0, 1]." % q[outside][0])
    if domain == "undefined" and outside.any():
        raise Undefined("the logarithm of an output outside [0, 1] (%g)" % q[outside][0])
    if logits_form and not (of == "outputs" and from_p):
        logs, slope_of_loss = (log_sigmoid(source), log_sigmoid(-source)), q - y
        inside = np.ones_like(q)
        if clip:
            low, high = np.log(clip), np.log1p(-clip)
            inside = ((logs[0] >= low) & (logs[0] <= high)).astype(p.dtype)
            logs = tuple(np.clip(log, low, high) for log in logs)
        if log_offset:
            ratios = [np.exp(log) / (np.exp(log) + log_offset) for log in logs]
            slope_of_loss = (1 - y) * q * ratios[1] - y * (1 - q) * ratios[0]
            logs = tuple(np.log(np.exp(log) + np.asarray(log_offset, p.dtype)) for log in logs)
        slope_of_loss = slope_of_loss * inside
    else:
        inside = np.ones_like(q)
        if clip:
            high = 1 - np.asarray(clip, p.dtype)
            inside = ((q >= np.asarray(clip, p.dtype)) & (q <= high)).astype(p.dtype)
            q = np.clip(q, np.asarray(clip, p.dtype), high)
        if ((q < 0) | (q > 1)).any():
            raise Undefined("the logarithm of an output outside [0, 1] (%g)" % q[(q < 0) | (q > 1)][0])
        floored = np.isfinite(log_floor)
        if not floored and not log_offset and (((q == 0) & (y != 0)) | ((q == 1) & (y != 1))).any():
            raise Undefined("the logarithm of an output of exactly 0 or 1 on the wrong side")
        with np.errstate(divide="ignore", invalid="ignore"):
            offset = np.asarray(log_offset, p.dtype)
            logs = (np.log(q + offset), np.log(1 - q + offset)) if log_offset else (np.log(q), np.log1p(-q))
            slope_of_loss = ((q - y) / np.maximum(q * (1 - q), TORCH_SLOPE_FLOOR) if floored else
                             np.where(y != 1, (1 - y) / (1 - q + offset), 0) - np.where(y != 0, y / (q + offset), 0)
                             ) * inside * slope
    logs = [np.maximum(log, log_floor) for log in logs]
    loss = -((np.where(y != 0, y * logs[0], 0) + np.where(y != 1, (1 - y) * logs[1], 0)) * weights).mean()
    gradient = (slope_of_loss * weights / y.size).astype(p.dtype)
    return (loss, None, gradient) if from_p else (loss, gradient, None)


def mean_squared_error(y, z, p, act):
    """Compute (p − y)², averaged over outputs and batch."""
    return ((p - y) ** 2).mean(), None, 2 * (p - y) / y.size


def mean_absolute_error(y, z, p, act):
    """Compute |p − y|, averaged over outputs and batch. The gradient is 0 where p equals y."""
    return abs(p - y).mean(), None, np.sign(p - y) / y.size


def quadratic_cost(y, z, p, act):
    """Compute ½ Σ (p − y)² over the outputs, averaged over the batch."""
    return ((p - y) ** 2).sum(-1).mean() / 2, None, (p - y) / len(y)


def huber(y, z, p, act, delta=1.0, divided=False):
    """Compute ½ e² up to |e| = delta and continue it linearly, averaged over outputs and batch.

    The error e is p − y; if `divided`, the loss is divided by delta.
    """
    error = p - y
    value = np.where(abs(error) <= delta, error * error / 2, delta * abs(error) - delta * delta / 2)
    divisor = y.size * delta if divided else y.size
    return (value.sum() / divisor).astype(p.dtype), None, (np.clip(error, -delta, delta) / divisor).astype(p.dtype)


def kl_divergence(y, z, p, act, of="outputs", clip=0.0, mean_of="samples"):
    """Compute Σ y (log y − log q) with every field of `scenarios.spec.KLDivergence`; 0 · log 0 is 0."""
    q = p if of == "outputs" else np.exp(p)
    slope = np.ones_like(p) if of == "outputs" else q
    if clip:
        slope = slope * ((q >= clip) & (q <= 1))
        y, q = (np.clip(value, np.asarray(clip, p.dtype), 1) for value in (y, q))
    divisor = len(y) if mean_of == "samples" else y.size
    log_q = _log(q, y > 0)[0] if of == "outputs" or clip else p
    safe = np.where(y > 0, y, 1)
    loss = (y * (np.log(safe) - log_q)).sum() / divisor
    return loss, None, (-y * slope / np.where(y > 0, q, 1) / divisor).astype(p.dtype)


def hinge(y, z, p, act, signs=True):
    """Compute max(1 − y p, 0), averaged over outputs and batch; if `signs`, labels of 0 and 1 become -1 and 1."""
    y = 2 * y - 1 if signs else y
    return np.maximum(1 - y * p, 0).mean(), None, -y * (y * p < 1) / y.size


def categorical_hinge(y, z, p, act, from_zero=False):
    """Compute max(1 + largest output of a wrong class − output of the true class, 0); Crammer and Singer 2001.

    The loss is averaged over the batch. If `from_zero`, the largest wrong output is at least 0.
    """
    wrong = np.where(y > 0, 0 if from_zero else -np.inf, p)
    worst = wrong.argmax(-1)
    margin = 1 + wrong.max(-1) - (y * p).sum(-1)
    gradient = np.eye(y.shape[1], dtype=p.dtype)[worst] * (1 - y) - y
    return np.maximum(margin, 0).mean(), None, gradient * (margin > 0)[:, None] / len(y)


LOSSES = {"CategoricalCrossentropy": categorical_crossentropy, "BinaryCrossentropy": binary_crossentropy,
          "MeanSquaredError": mean_squared_error, "MeanAbsoluteError": mean_absolute_error,
          "QuadraticCost": quadratic_cost, "Huber": huber,
          "KLDivergence": kl_divergence, "Hinge": hinge, "CategoricalHinge": categorical_hinge}


def _log_softmax_pullback(v):
    """Return (gradient of log_softmax(v)) -> gradient of v."""
    return lambda g: g - softmax(v) * g.sum(-1, keepdims=True)


def _divided(q, in_log):
    """Return (q divided by its sum over the last axis, the pullback); if `in_log`, both are logarithms."""
    if in_log:
        return log_softmax(q), _log_softmax_pullback(q)
    total = q.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = q / total
    return value, lambda g: (g - (g * value).sum(-1, keepdims=True)) / total


def _log(q, needed):
    """Return (log q where it is needed and 0 elsewhere, the pullback). Raises Undefined if a needed q is <= 0."""
    if (needed & (q <= 0)).any():
        raise Undefined("the logarithm of %g" % q[needed & (q <= 0)][0])
    safe = np.where(needed, q, 1)
    return np.log(safe), lambda g: np.where(needed, g / safe, 0)
