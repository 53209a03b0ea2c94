"""Writes losses and accuracies that Keras does not have as the lines of a program; they compute the same as `losses`.
"""
import math
import os

from frameworks.codegen.source import names_of, numbered, source_of, width_of
from frameworks.keras import layers, metrics
from frameworks.keras.configuration import LOSSES, WITHOUT_FIELDS, by_weights
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of, measured, set_fields

OWN = {name: '"%s"' % function for name, function in LOSSES.items()}

ROW = 'y = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), %d)'


def last_activation(spec):
    """Returns the source of the last activation, which a program applies to the logits z."""
    call, = layers.activation(spec["layers"][-1], (), layers.TODAY)
    return call.source()


def loss_function(spec, last, of_z):
    """Returns the lines of a loss function, or none where Keras has a loss for it.

    Raises Unsupported where Keras cannot express a field.
    """
    loss, z = spec["loss"], "z" if of_z else "p"
    kind, fields = loss["is"], set_fields(loss)
    if numbered(spec) and loss["label_smoothing"] and None in loss.values():
        raise Unsupported("This Keras's sparse_categorical_crossentropy cannot be told label_smoothing.")
    if kind == "QuadraticCost":
        body = ["return keras.ops.sum(keras.ops.square(p - y), axis=-1) / 2"]
    elif kind == "Huber":
        if fields.get("divided") and "delta" not in fields:
            raise Unsupported("Keras can be told to divide by delta (loss.divided) only where loss.delta is said.")
        if not of_z and not fields.get("divided"):
            return []
        delta = ", delta=%r" % fields["delta"] if "delta" in fields else ""
        divided = " / %r" % fields["delta"] if fields.get("divided") else ""
        body = ["return keras.losses.huber(y, p%s)%s" % (delta, divided)]
    elif kind in OF_OUTPUTS and of_z and not fields:
        body = ["return keras.losses.%s(y, p)" % OWN[kind].strip('"')]
    elif not fields and of_z:
        raise Unsupported("Keras cannot be told accuracy.rule=argmax_logits beside an open loss: one takes the "
                          "outputs, and the other what comes before them.")
    elif not fields or only_of_logits(loss):
        return []
    elif None in loss.values():
        raise Unsupported("Keras needs all fields of %s unset, all set, or only of=…_of_logits." % kind)
    else:
        body = _categorical(spec, last, z) if kind == "CategoricalCrossentropy" else \
            _binary(loss, last, z) if kind == "BinaryCrossentropy" else OF_OUTPUTS[kind](loss, width_of(spec))
    if of_z and any("p" in names_of(line) for line in body):
        body.insert(0, "p = %s(z)" % last_activation(spec))
    return ["", "", "def loss(y, %s):" % z] + ["    " + line for line in body] + ["", ""]


def _divergence(loss, classes):
    clip = loss["clip"]
    lines = ["q = p" if loss["of"] == "outputs" else "q = keras.ops.exp(p)"]
    if clip:
        lines += ["y, q = keras.ops.clip(y, %r, 1), keras.ops.clip(q, %r, 1)" % (clip, clip),
                  "value = keras.ops.sum(y * keras.ops.log(y / q), axis=-1)"]
    else:
        lines += ["logs = [keras.ops.log(keras.ops.where(y > 0, v, 1.0)) for v in (y, q)]",
                  "value = keras.ops.sum(y * (logs[0] - logs[1]), axis=-1)"]
    return lines + ["return value" + (" / %d" % classes if loss["mean_of"] == "elements" else "")]


def _hinge(loss, classes):
    return (["y = 2.0 * y - 1.0"] if loss["signs"] else []) + \
        ["return keras.ops.mean(keras.ops.maximum(1.0 - y * p, 0.0), axis=-1)"]


def _categorical_hinge(loss, classes):
    return ["wrong = (1.0 - y) * p" if loss["from_zero"] else "wrong = keras.ops.where(y > 0, -np.inf, p)",
            "margin = keras.ops.max(wrong, axis=-1) - keras.ops.sum(y * p, axis=-1) + 1.0",
            "return keras.ops.maximum(margin, 0.0)"]


OF_OUTPUTS = {**dict.fromkeys(WITHOUT_FIELDS), "KLDivergence": _divergence, "Hinge": _hinge,
              "CategoricalHinge": _categorical_hinge}
"""Losses that use only the outputs, and the function that writes the lines once all fields are set."""


def _categorical(spec, last, z):
    """Returns the lines of −Σ y log q, in the order of `losses.categorical_crossentropy`."""
    loss, smoothing, classes = spec["loss"], spec["loss"]["label_smoothing"], width_of(spec)
    lines = [ROW % classes] if numbered(spec) else []
    lines += ["y = y * (1 - %r) + %r / %d" % (smoothing, smoothing, classes)] if smoothing else []
    sparse = "sparse_" if numbered(spec) and not smoothing else ""
    of_softmax = ([] if sparse else lines) + \
        ["return keras.losses.%scategorical_crossentropy(y, %%s, from_logits=True)" % sparse]
    source, kind = ("p" if loss["of"] == "softmax_of_outputs" else z), last if loss["of"] == "outputs" else "softmax"
    after, clip = loss["row_division"] == "after_clip", loss["clip"]
    divided = loss["row_division"] and not after
    if loss["logits_form"] and kind == "softmax" and not divided and not after and not clip:
        return _unmarked(source, last) + of_softmax[:-1] + [of_softmax[-1] % source]
    if loss["logits_form"] and kind in ("softmax", "sigmoid"):
        logarithm = "keras.ops.log_softmax(%s, axis=-1)" if kind == "softmax" else "keras.ops.log_sigmoid(%s)"
        lines += ["log_q = " + logarithm % source]
        lines += ["log_q = keras.ops.log_softmax(log_q, axis=-1)"] if divided else []
        lines += ["log_q = keras.ops.clip(log_q, np.log(%r), np.log1p(-%r))" % (clip, clip)] if clip else []
        lines += ["log_q = keras.ops.log_softmax(log_q, axis=-1)"] if after else []
        return lines + ["return -keras.ops.sum(y * log_q, axis=-1)"]
    q_lines = ["q = " + ("p" if loss["of"] == "outputs" else "keras.ops.softmax(%s, axis=-1)" % source)]
    q_lines += ["q = q / keras.ops.sum(q, axis=-1, keepdims=True)"] if divided or (after and not clip) else []
    q_lines += ["q = keras.ops.clip(q, %r, 1 - %r)" % (clip, clip)] if clip else []
    if after and clip:
        return q_lines + of_softmax[:-1] + [of_softmax[-1] % "keras.ops.log(q)"]
    return lines + q_lines + ["log_q = keras.ops.log(keras.ops.where(y > 0, q, 1.0))",
                              "return -keras.ops.sum(y * log_q, axis=-1)"]


def _binary(loss, last, z):
    """Returns the lines of −y log q − (1 − y) log(1 − q), in the order of `losses.binary_crossentropy`."""
    of, clip, offset, floor = loss["of"], loss["clip"], loss["log_offset"], float(loss["log_floor"])
    if loss["domain"] == "refuse":
        raise Unsupported("Keras cannot be told to refuse outputs outside [0, 1] (loss.domain).")
    if math.isfinite(floor) and not (clip and math.log(clip) >= floor):
        raise Unsupported("Keras cannot be told a floor of the logarithm (loss.log_floor = %s)." % floor)
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (loss["logits_form"] and last == "sigmoid"))
    source = "p" if from_p else z
    if loss["logits_form"] and not (of == "outputs" and from_p):
        if not clip and not offset:
            return _unmarked(source, last) + \
                ["return keras.losses.binary_crossentropy(y, %s, from_logits=True)" % source]
        lines = ["logs = [keras.ops.log_sigmoid(v) for v in (%s, -%s)]" % (source, source)]
        lines += ["logs = [keras.ops.clip(v, np.log(%r), np.log1p(-%r)) for v in logs]" % (clip, clip)] if clip else []
        lines += ["logs = [keras.ops.log(keras.ops.exp(v) + %r) for v in logs]" % offset] if offset else []
        return lines + ["return keras.ops.mean(-(y * logs[0] + (1 - y) * logs[1]), axis=-1)"]
    lines = ["q = " + ("p" if of == "outputs" else "keras.ops.sigmoid(%s)" % source)]
    if loss["domain"] == "undefined" or not clip:
        lines += ["q = keras.ops.where(keras.ops.logical_and(q >= 0, q <= 1), q, np.nan)"]
    lines += ["q = keras.ops.clip(q, %r, 1 - %r)" % (clip, clip)] if clip else []
    added = " + %r" % offset if offset else ""
    return lines + ["log_q = keras.ops.log(keras.ops.where(y > 0, q%s, 1.0))" % added,
                    "log_rest = keras.ops.log(keras.ops.where(y < 1, 1 - q%s, 1.0))" % added,
                    "return keras.ops.mean(-(y * log_q + (1 - y) * log_rest), axis=-1)"]


def _unmarked(source, last):
    """Returns a line that copies the outputs, so that Keras on TensorFlow cannot trace them back to the logits."""
    is_marked = source == "p" and last in ("sigmoid", "softmax")
    return ["p = p * 1  # else Keras on TensorFlow takes what came before the activation"] if is_marked else []


def metric_function(spec, last, of_z):
    """Returns the lines of an accuracy function, or none where Keras has a metric for it."""
    rule, threshold, width = spec["accuracy"]["rule"], spec["accuracy"]["threshold"], width_of(spec)
    if not of_z and rule in (None, "threshold", "argmax_outputs"):
        return []
    rule = rule or ("argmax_outputs" if width > 1 else "threshold")
    z = "z" if of_z else "p"
    largest = "keras.ops.equal(keras.ops.argmax(y, axis=-1), keras.ops.argmax(%s, axis=-1))"
    over = "keras.ops.equal(y > 0.5, %%s > %r)" % (0.5 if threshold is None else threshold)
    lines = {"argmax_outputs": ["right = " + largest % "p"], "argmax_logits": ["right = " + largest % z],
             "threshold": ["right = " + over % "p"], "round": ["right = keras.ops.equal(y, keras.ops.round(p))"],
             "sigmoid_first": ["inside = keras.ops.all(keras.ops.logical_and(p >= 0, p <= 1))",
                               "q = keras.ops.where(inside, p, keras.ops.sigmoid(p))", "right = " + over % "q"]}[rule]
    if numbered(spec):
        lines.insert(0, ROW % width)
    if of_z and rule != "argmax_logits":
        lines.insert(0, "p = %s(z)" % last_activation(spec))
    lines += ['right = keras.ops.cast(right, "float32")',
              "return right" if width > 1 else "return keras.ops.mean(right, axis=-1)"]
    return ["", "", "def accuracy(y, %s):" % z] + ["    " + line for line in lines] + ["", ""]


def metric_calls(spec, of_z):
    """Returns the source of each metric, which is of a class of `metric_classes` where the model returns the logits."""
    calls = [metrics.METRICS[metric["is"]](metric, width_of(spec)) for metric in spec["metrics"]]
    return [call.source()[call.name.rindex(".") + 1:] if of_z else call.source() for call in calls]


def metric_classes(spec, of_z):
    """Returns the lines of metrics that apply the last activation, where the model returns the logits."""
    lines = []
    for metric in spec["metrics"] if of_z else ():
        name = metrics.METRICS[metric["is"]](metric, width_of(spec)).name
        lines += ["", "", "class %s(%s):" % (name.rpartition(".")[2], name),
                  "    def update_state(self, y, z, sample_weight=None):",
                  "        return super().update_state(y, %s(z), sample_weight)" % last_activation(spec), "", ""]
    return lines


def only_of_logits(loss):
    """Returns whether the only set field of a loss is `of`, with the logits as its input."""
    fields = set_fields(loss)
    return set(fields) == {"of"} and fields["of"].endswith("_of_logits")


def weighed_test(spec):
    """Returns (lines that compute the sample weights of the test set, their variable); empty without weights."""
    weights = class_weights_of(measured(spec["loss"], False))
    if weights == "none":
        return [], ""
    number = "y_test.argmax(-1)" if spec["data"]["labels"] == "one_hot" else "y_test.ravel().astype(int)"
    values = [float(value) for value in weights["values"]]
    return ['of_test = np.array(%r, "float32")[%s]' % (values, number)], "of_test"


def divided(spec):
    """Returns the source of a loss that divides by the weights of a batch, where one is needed."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "class_weights.py")
    lines = source_of("ByWeights" if by_weights(spec["loss"]) else "", path)
    return [line.replace("LOSS", "keras.losses.Loss") for line in lines]
