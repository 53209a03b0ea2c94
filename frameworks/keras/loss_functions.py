"""The loss functions of a spec in Keras: functions with the lines that the builders of `losses` return."""
import collections
import functools
import inspect

import numpy as np

from frameworks.keras.api import KERAS_3, keras, ops
from frameworks.keras.losses import LOSSES, KerasLoss, Setting
from frameworks.runtime.call import function_of
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import from_logits

OLD_NAMES = {"kl_divergence": "kullback_leibler_divergence"}
"""Names of functions in Keras up to 2.3."""


def loss_function(loss, activation, logits, labels, classes, kept=False):
    """Returns a function (labels, outputs) -> loss of each sample, a tensor of shape (n,).

    `loss` is plain JSON, `activation` the last activation, `logits` the layer that stores the logits, or None where no
    field of the loss or of the accuracy is set. `labels` is the form of the labels, `one_hot` or `index`, and `classes`
    the number of outputs. `kept` says whether an evaluation uses the logits behind a last Dropout. Raises Unsupported
    where this Keras cannot express a field.
    """
    numbered = labels == "index" and loss["is"] == "CategoricalCrossentropy"
    built = LOSSES[loss["is"]](loss, Setting(activation, numbered, classes, "z"))
    if not KERAS_3:
        _require(loss, built)
    lines = (_of_kept(loss, numbered, classes) if kept and logits is not None else []) + built.lines
    function = function_of("y, z, p", lines, {"keras": keras if KERAS_3 else OLD_KERAS, "np": np})
    return lambda y, p: function(y, None if logits is None else logits.value, p)


def _of_kept(loss, numbered, classes):
    """Returns lines that compute the loss of outputs with the attribute `_keras_logits` from these logits, as Keras."""
    of_kept = LOSSES[loss["is"]](from_logits(loss), Setting("linear", numbered, classes, "p._keras_logits"))
    return ['if hasattr(p, "_keras_logits"):'] + ["    " + line for line in of_kept.lines]


def _require(loss, built):
    """Raises Unsupported where a version before Keras 3 has no function of a loss, or not all of its arguments."""
    if loss["is"] == "Huber" and not hasattr(keras.losses, "Huber"):
        raise Unsupported("This Keras has no Huber loss.")
    if isinstance(built, KerasLoss) and built.of == "p" and loss["is"] != "Huber":
        unknown = set(built.arguments) - set(inspect.signature(_named(built.function)).parameters)
        if unknown:
            raise Unsupported("This Keras's %s does not support %s." % (built.function, min(unknown)))


def _named(name):
    """Returns a function of `keras.losses` by its name in Keras 3. Raises Unsupported where there is none."""
    for known in (name, OLD_NAMES.get(name, name)):
        if hasattr(keras.losses, known):
            return getattr(keras.losses, known)
    raise Unsupported("This Keras has no loss %s." % name)


class OldLosses(object):
    """The functions of `keras.losses` by the names and arguments of Keras 3, for versions before it.

    They raise Unsupported where this Keras has no such loss.
    """

    def __getattr__(self, name):
        return functools.partial(self._value, name)

    def huber(self, y, p, **arguments):
        return keras.losses.Huber(reduction="none", **arguments)(y, p)

    def _value(self, name, y, source, from_logits=False, **arguments):
        if not from_logits:
            return _named(name)(y, source, **arguments)
        smoothing = arguments.get("label_smoothing")
        y = y * (1.0 - smoothing) + np.float32(smoothing) / int(source.shape[-1]) if smoothing else y
        value = getattr(keras.backend, name)(y, source, from_logits=True)  # only this one takes logits
        return ops.mean(value, axis=-1) if name == "binary_crossentropy" else value


OLD_KERAS = collections.namedtuple("OldKeras", "ops losses")(ops, OldLosses())
"""What the lines of a loss use as `keras`, in versions before Keras 3."""
