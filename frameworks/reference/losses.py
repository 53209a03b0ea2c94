"""Losses of a batch; the defaults of the arguments are the textbook's definitions.

Each takes y, logits z, outputs p, all (batch, outputs), and the name of the last activation (or `linear`), and returns
the loss and its gradient with respect to z where it was computed from the logits, and with respect to p where from the
outputs: (loss, gradient of z or None, gradient of p or None). A logarithm of a number <= 0 has no value: `Undefined`.
"""
import numpy as np

from frameworks.parts.activation import sigmoid, softmax, softmax_pullback
from frameworks.runtime.errors import Refused, Undefined

TORCH_SLOPE_FLOOR = 1e-12  # aten/src/ATen/native/Loss.cpp, binary_cross_entropy_backward: the divisor's least value


def log_softmax(v):
    """v − log Σ e^v over the last axis."""
    v = v - v.max(-1, keepdims=True)
    return v - np.log(np.exp(v).sum(-1, keepdims=True))


def log_sigmoid(v):
    """log(1 / (1 + e^-v)), exact for large |v|."""
    return np.minimum(v, 0) - np.log1p(np.exp(-np.abs(v)))


def categorical_crossentropy(y, z, p, act, of="outputs", row_division=False, clip=0.0, logits_form=True,
                             label_smoothing=0.0, weights=1):
    """−Σ y log q, with every field of `scenarios.spec.CategoricalCrossentropy`; `weights` have shape (batch, 1)."""
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
    """−y log q − (1 − y) log(1 − q), with every field of `scenarios.spec.BinaryCrossentropy`; `weights` as above.

    For any label, as frameworks compute it: where digits from 0 to 9 are the labels, 7 is one too.
    """
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and act == "sigmoid"))
    source = p if from_p else z
    slope = np.ones((), p.dtype)  # of q, with respect to the source
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
            kept = [np.exp(log) / (np.exp(log) + log_offset) for log in logs]
            slope_of_loss = (1 - y) * q * kept[1] - y * (1 - q) * kept[0]
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
            least = np.asarray(log_offset, p.dtype)
            logs = (np.log(q + least), np.log(1 - q + least)) if log_offset else (np.log(q), np.log1p(-q))
            slope_of_loss = ((q - y) / np.maximum(q * (1 - q), TORCH_SLOPE_FLOOR) if floored else
                             np.where(y != 1, (1 - y) / (1 - q + least), 0) - np.where(y != 0, y / (q + least), 0)
                             ) * inside * slope
    logs = [np.maximum(log, log_floor) for log in logs]
    loss = -((np.where(y != 0, y * logs[0], 0) + np.where(y != 1, (1 - y) * logs[1], 0)) * weights).mean()
    gradient = (slope_of_loss * weights / y.size).astype(p.dtype)
    return (loss, None, gradient) if from_p else (loss, gradient, None)


def mean_squared_error(y, z, p, act):
    """(p − y)², averaged over outputs and batch."""
    return ((p - y) ** 2).mean(), None, 2 * (p - y) / y.size


def mean_absolute_error(y, z, p, act):
    """|p − y|, averaged over outputs and batch; where the two are equal, the slope is 0."""
    return abs(p - y).mean(), None, np.sign(p - y) / y.size


def quadratic_cost(y, z, p, act):
    """½ Σ (p − y)² over the outputs, averaged over the batch."""
    return ((p - y) ** 2).sum(-1).mean() / 2, None, (p - y) / len(y)


def huber(y, z, p, act, delta=1.0, divided=False):
    """½ e² to |e| = delta, then a line of the same slope."""
    error = p - y
    value = np.where(abs(error) <= delta, error * error / 2, delta * abs(error) - delta * delta / 2)
    by = y.size * delta if divided else y.size
    return (value.sum() / by).astype(p.dtype), None, (np.clip(error, -delta, delta) / by).astype(p.dtype)


def kl_divergence(y, z, p, act, of="outputs", clip=0.0, mean_of="samples"):
    """Σ y (log y − log q), where 0 · log 0 is 0."""
    q = p if of == "outputs" else np.exp(p)
    slope = np.ones_like(p) if of == "outputs" else q
    if clip:
        slope = slope * ((q >= clip) & (q <= 1))
        y, q = (np.clip(value, np.asarray(clip, p.dtype), 1) for value in (y, q))
    by = len(y) if mean_of == "samples" else y.size
    log_q = _log(q, y > 0)[0] if of == "outputs" or clip else p
    safe = np.where(y > 0, y, 1)
    loss = (y * (np.log(safe) - log_q)).sum() / by
    return loss, None, (-y * slope / np.where(y > 0, q, 1) / by).astype(p.dtype)


def hinge(y, z, p, act, signs=True):
    """max(1 − y p, 0)."""
    y = 2 * y - 1 if signs else y
    return np.maximum(1 - y * p, 0).mean(), None, -y * (y * p < 1) / y.size


def categorical_hinge(y, z, p, act, from_zero=False):
    """max(1 + the largest wrong output − the right one, 0); Crammer and Singer 2001."""
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
    return lambda g: g - softmax(v) * g.sum(-1, keepdims=True)


def _divided(q, in_log):
    if in_log:
        return log_softmax(q), _log_softmax_pullback(q)
    total = q.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = q / total
    return value, lambda g: (g - (g * value).sum(-1, keepdims=True)) / total


def _log(q, needed):
    if (needed & (q <= 0)).any():
        raise Undefined("the logarithm of %g" % q[needed & (q <= 0)][0])
    safe = np.where(needed, q, 1)
    return np.log(safe), lambda g: np.where(needed, g / safe, 0)
