"""Losses of a spec in Keras: a loss of Keras where it has one for the set fields, else the lines of a function.

A builder takes the loss as plain JSON and a `Setting`, and returns a `KerasLoss` or a `FunctionLoss`. `loss_functions`
executes their lines, `codegen_losses` writes them into a program. The lines use the labels y, the logits z, the outputs
p, `keras` and `np`. Where the fields have the values of Keras's defaults, the lines use Keras's operations in Keras's
order, so that rounding is the same. Builders raise Unsupported where Keras cannot express a field. To add a loss, write
its builder and add it to `LOSSES`. Imports no Keras.
"""
import collections
import math

from frameworks.runtime.call import Call
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import set_fields

Setting = collections.namedtuple("Setting", "last numbered classes z")
"""What a builder depends on: the last activation, or `linear`; whether labels are class indices of a model with several
outputs; the number of outputs; the variable that holds the logits, which is p where the model returns them."""


class KerasLoss(object):
    """A loss function of `keras.losses` with these arguments, of the outputs p or the logits z.

    `function` is its name, `of` the variable, and `in_class` says that a program uses the class even without arguments.
    """

    def __init__(self, function, of="p", in_class=False, **arguments):
        self.function, self.of, self.in_class, self.arguments = function, of, in_class, arguments

    @property
    def lines(self):
        """The body of a function that returns the loss of every sample."""
        rest = "".join(", " + argument for argument in Call("", **self.arguments).arguments())
        return ["return keras.losses.%s(y, %s%s)" % (self.function, self.of, rest)]

    def compiled(self, **more):
        """Returns the argument `loss` of `compile` as source; `more` are arguments of the class only."""
        if not self.arguments and not self.in_class:
            return '"%s"' % self.function
        name = "".join(word.capitalize() for word in self.function.split("_"))
        return Call("keras.losses." + name, **dict(self.arguments, **more)).source()


class FunctionLoss(object):
    """A loss that Keras does not have: the body of a function that returns the loss of every sample."""

    def __init__(self, *lines):
        self.lines = list(lines)


def mean_squared_error(loss, setting):
    return KerasLoss("mean_squared_error")


def mean_absolute_error(loss, setting):
    return KerasLoss("mean_absolute_error")


def quadratic_cost(loss, setting):
    """½ Σ (p − y)²."""
    return FunctionLoss("return keras.ops.sum(keras.ops.square(p - y), axis=-1) / 2")


def huber(loss, setting):
    """Keras's Huber loss, divided by delta where `divided` is True, as PyTorch's SmoothL1Loss is."""
    call = KerasLoss("huber", in_class=True, **({} if loss["delta"] is None else {"delta": loss["delta"]}))
    if not loss["divided"]:
        return call
    if loss["delta"] is None:
        raise Unsupported("Keras supports division by delta (loss.divided) only where loss.delta is set.")
    return FunctionLoss("%s / %r" % (call.lines[0], loss["delta"]))


def kl_divergence(loss, setting):
    """Σ y log (y / q) by every field of `scenarios.spec.KLDivergence`."""
    if not set_fields(loss):
        return KerasLoss("kl_divergence")
    _require_all(loss)
    clip, of_outputs = loss["clip"], loss["of"] == "outputs"
    log = "keras.ops.log(keras.ops.where(y > 0, %s, 1.0))"
    if clip:
        lines = ["q = " + ("p" if of_outputs else "keras.ops.exp(p)"),
                 "y, q = keras.ops.clip(y, %r, 1), keras.ops.clip(q, %r, 1)" % (clip, clip),
                 "value = keras.ops.sum(y * keras.ops.log(y / q), axis=-1)"]
    else:
        lines = ["log_q = " + (log % "p" if of_outputs else "p"),
                 "value = keras.ops.sum(y * (%s - log_q), axis=-1)" % (log % "y")]
    divided = " / %d" % setting.classes if loss["mean_of"] == "elements" else ""
    return FunctionLoss(*lines + ["return value" + divided])


def hinge(loss, setting):
    """The mean of max(1 − y p, 0); `signs` says whether labels of 0 and 1 are converted to −1 and 1."""
    if loss["signs"] is None:
        return KerasLoss("hinge")
    lines = ["y = 2.0 * y - 1.0"] if loss["signs"] else []
    return FunctionLoss(*lines + ["return keras.ops.mean(keras.ops.maximum(1.0 - y * p, 0.0), axis=-1)"])


def poisson(loss, setting):
    """The mean of p − y log (p + offset), or of exp(p) − y p; an unset offset is left to Keras."""
    if loss["of"] == "powers_of_outputs":
        return FunctionLoss("return keras.ops.mean(keras.ops.exp(p) - y * p, axis=-1)")
    if loss["log_offset"] is None:
        return KerasLoss("poisson")
    logarithm = "keras.ops.log(keras.ops.where(y > 0, p + %r, 1.0))" % loss["log_offset"]
    return FunctionLoss("return keras.ops.mean(p - y * %s, axis=-1)" % logarithm)


def categorical_hinge(loss, setting):
    """max(largest wrong output − right output + 1, 0); `from_zero` says whether the former is 0 at least."""
    if loss["from_zero"] is None:
        return KerasLoss("categorical_hinge")
    return FunctionLoss("wrong = (1.0 - y) * p" if loss["from_zero"] else "wrong = keras.ops.where(y > 0, -np.inf, p)",
                        "margin = keras.ops.max(wrong, axis=-1) - keras.ops.sum(y * p, axis=-1) + 1.0",
                        "return keras.ops.maximum(margin, 0.0)")


def categorical_crossentropy(loss, setting):
    """−Σ y log q by every field of `scenarios.spec.CategoricalCrossentropy`."""
    fields, smoothing, clip = set_fields(loss), loss["label_smoothing"], loss["clip"]
    name = "sparse_categorical_crossentropy" if setting.numbered else "categorical_crossentropy"
    if None in loss.values():
        if smoothing and setting.numbered:
            raise Unsupported("This Keras's sparse_categorical_crossentropy does not support label_smoothing.")
        return _of_keras(loss, name, setting, **({"label_smoothing": smoothing} if smoothing else {}))
    labels = ['y = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), %d)' %
              setting.classes] if setting.numbered else []
    labels += ["y = y * (1 - %r) + np.float32(%r) / %d" % (smoothing, smoothing, setting.classes)] if smoothing else []
    sparse = setting.numbered and not smoothing

    def of_softmax(source):
        function = KerasLoss(name if sparse else "categorical_crossentropy", source, from_logits=True)
        return ([] if sparse else labels) + function.lines
    source = "p" if loss["of"] == "softmax_of_outputs" else setting.z
    kind = setting.last if loss["of"] == "outputs" else "softmax"
    after, divided = loss["row_division"] == "after_clip", loss["row_division"] is True
    if loss["logits_form"] and kind == "softmax" and not fields["row_division"] and not clip:
        return FunctionLoss(*_unmarked(source, setting) + of_softmax(source))
    if loss["logits_form"] and kind in ("softmax", "sigmoid"):
        logarithm = "keras.ops.log_softmax(%s, axis=-1)" if kind == "softmax" else "keras.ops.log_sigmoid(%s)"
        lines = labels + ["log_q = " + logarithm % source]
        lines += ["log_q = keras.ops.log_softmax(log_q, axis=-1)"] if divided else []
        lines += ["log_q = keras.ops.clip(log_q, np.log(%r), np.log1p(-%r))" % (clip, clip)] if clip else []
        lines += ["log_q = keras.ops.log_softmax(log_q, axis=-1)"] if after else []
        return FunctionLoss(*lines + ["return -keras.ops.sum(y * log_q, axis=-1)"])
    lines = ["q = " + ("p" if loss["of"] == "outputs" else "keras.ops.softmax(%s, axis=-1)" % source)]
    lines += ["q = q / keras.ops.sum(q, axis=-1, keepdims=True)"] if divided or (after and not clip) else []
    lines += ["q = keras.ops.clip(q, %r, 1 - %r)" % (clip, clip)] if clip else []
    if after and clip:  # the softmax of a logarithm is the division
        return FunctionLoss(*lines + of_softmax("keras.ops.log(q)"))
    return FunctionLoss(*labels + lines + ["log_q = keras.ops.log(keras.ops.where(y > 0, q, 1.0))",
                                           "return -keras.ops.sum(y * log_q, axis=-1)"])


def binary_crossentropy(loss, setting):
    """−y log q − (1 − y) log(1 − q) by every field of `scenarios.spec.BinaryCrossentropy`."""
    if None in loss.values():
        return _of_keras(loss, "binary_crossentropy", setting)
    of, clip, offset, floor = loss["of"], loss["clip"], loss["log_offset"], float(loss["log_floor"])
    if loss["domain"] == "refuse":
        raise Unsupported("Keras cannot refuse outputs outside [0, 1] (loss.domain).")
    if math.isfinite(floor) and not (clip and math.log(clip) >= floor):  # else the clip makes it irrelevant
        raise Unsupported("Keras does not support a floor of the logarithm (loss.log_floor = %s)." % floor)
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (loss["logits_form"] and setting.last == "sigmoid"))
    source = "p" if from_p else setting.z
    if loss["logits_form"] and not (of == "outputs" and from_p):
        if not clip and not offset:
            return FunctionLoss(*_unmarked(source, setting) + KerasLoss("binary_crossentropy", source,
                                                                        from_logits=True).lines)
        lines = ["logs = [keras.ops.log_sigmoid(v) for v in (%s, -%s)]" % (source, source)]
        lines += ["logs = [keras.ops.clip(v, np.log(%r), np.log1p(-%r)) for v in logs]" % (clip, clip)] if clip else []
        lines += ["logs = [keras.ops.log(keras.ops.exp(v) + %r) for v in logs]" % offset] if offset else []
        return FunctionLoss(*lines + ["return keras.ops.mean(-(y * logs[0] + (1 - y) * logs[1]), axis=-1)"])
    lines = ["q = " + ("p" if of == "outputs" else "keras.ops.sigmoid(%s)" % source)]
    if loss["domain"] == "undefined" or not clip:
        lines += ["q = keras.ops.where(keras.ops.logical_and(q >= 0, q <= 1), q, np.nan)"]
    lines += ["q = keras.ops.clip(q, %r, 1 - %r)" % (clip, clip)] if clip else []
    added = " + %r" % offset if offset else ""
    return FunctionLoss(*lines + ["log_q = keras.ops.log(keras.ops.where(y > 0, q%s, 1.0))" % added,
                                  "log_rest = keras.ops.log(keras.ops.where(y < 1, 1 - q%s, 1.0))" % added,
                                  "return keras.ops.mean(-(y * log_q + (1 - y) * log_rest), axis=-1)"])


LOSSES = {"CategoricalCrossentropy": categorical_crossentropy, "BinaryCrossentropy": binary_crossentropy,
          "MeanSquaredError": mean_squared_error, "MeanAbsoluteError": mean_absolute_error,
          "QuadraticCost": quadratic_cost, "Huber": huber, "KLDivergence": kl_divergence, "Hinge": hinge,
          "CategoricalHinge": categorical_hinge, "Poisson": poisson}
"""Builders by the name of the spec class: (loss, setting) -> `KerasLoss` or `FunctionLoss`."""


def _of_keras(loss, name, setting, **arguments):
    """Returns Keras's function of the outputs, or of the logits where only `of` is set.

    Raises Unsupported where some fields are set, and others are not.
    """
    fields = set_fields(loss)
    if not fields:
        return KerasLoss(name, **arguments)
    if set(fields) != {"of"} or not fields["of"].endswith("_of_logits"):
        _require_all(loss)
    return KerasLoss(name, setting.z, **dict({"from_logits": True}, **arguments))


def _require_all(loss):
    if None in loss.values():
        raise Unsupported("Keras needs all fields of %s unset, all set, or only of=…_of_logits." % loss["is"])


def _unmarked(source, setting):
    """Returns a line that copies the outputs, so that Keras on TensorFlow does not compute the loss from the logits."""
    is_marked = source == "p" and setting.last in ("sigmoid", "softmax")
    return ["p = p * 1  # otherwise Keras on TensorFlow computes the loss from the logits"] if is_marked else []
