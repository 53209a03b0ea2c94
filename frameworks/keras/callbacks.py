"""Keras callbacks of a spec, by which the learning rate or the end of the training depends on reported metrics."""
import numpy as np

from frameworks.keras import configuration
from frameworks.keras.api import KERAS_3, VERSION, keras
from frameworks.runtime.errors import Unsupported


class PlateauOfRatio(keras.callbacks.ReduceLROnPlateau):
    """ReduceLROnPlateau with a relative threshold; Keras's is absolute."""

    def _is_improvement(self, monitor_value, reference_value):
        return reference_value is None or monitor_value < reference_value * (1 - abs(self.min_delta))


class EndsAtNan(object):
    """EarlyStopping that stops at NaN or infinity; Keras counts them as no improvement."""

    def on_epoch_end(self, epoch, logs=None):
        if np.isfinite(logs[self.monitor]):
            super(EndsAtNan, self).on_epoch_end(epoch, logs)
        else:
            self.stopped_epoch = epoch
            self.model.stop_training = True


class BestFromInfinity(object):
    """EarlyStopping with a best value that starts at infinity; from Keras 3.7 on, it is the first value, even NaN."""

    def on_train_begin(self, logs=None):
        super(BestFromInfinity, self).on_train_begin(logs)
        self.best = np.inf


class RestoresAtEnd(object):
    """EarlyStopping that restores weights after every training; before Keras 3, only if it has ended the training."""

    def on_train_end(self, logs=None):
        super(RestoresAtEnd, self).on_train_end(logs)
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class RestoresWhenStopped(object):
    """EarlyStopping that restores weights only if it has ended the training; Keras 3 does after every training."""

    def on_train_end(self, logs=None):
        if not self.stopped_epoch:
            self.best_weights = None
        super(RestoresWhenStopped, self).on_train_end(logs)


OUR_CLASSES = {"PlateauOfRatio": PlateauOfRatio, "EndsAtNan": EndsAtNan, "BestFromInfinity": BestFromInfinity,
               "RestoresAtEnd": RestoresAtEnd, "RestoresWhenStopped": RestoresWhenStopped}
"""By the names that `configuration.plateau` and `configuration.stopping` return."""


def first_is_best():
    """Returns whether EarlyStopping of this Keras takes any first value as the best so far, as from Keras 3.7 on
    (`MonitorCallback._is_improvement`, keras/src/callbacks/monitor_callback.py:102 in 3.15.1).
    """
    callback = keras.callbacks.EarlyStopping()
    callback.on_train_begin()
    return getattr(callback, "best", np.inf) is None


FIRST_IS_BEST = first_is_best()


def made(spec, listener):
    """Returns the callbacks of a spec in plain JSON, with `listener`, a `recorder.Listener`, among them.

    Their order is such that after an epoch, the listener sees the learning rate of the next one, and the weights before
    others are restored. Raises Unsupported where this Keras cannot express a field.
    """
    configuration.require_epoch_loss(spec["training"])
    configuration.require_printed_rate(spec["training"], KERAS_3)
    on_plateau = configuration.on_plateau(spec["optimizer"]["learning_rate"])
    return [plateau(spec) for _ in range(on_plateau)] + [listener] + stopping(spec)


def plateau(spec):
    """Returns the callback that reduces the learning rate. Raises Unsupported where this Keras cannot express it."""
    name, arguments = configuration.plateau(spec["optimizer"]["learning_rate"])
    if name not in OUR_CLASSES:
        return keras.callbacks.ReduceLROnPlateau(**arguments)
    if not hasattr(keras.callbacks.ReduceLROnPlateau, "_is_improvement"):
        raise Unsupported("Keras %s does not support learning_rate.threshold_of=ratio." % VERSION)
    return OUR_CLASSES[name](**arguments)


def stopping(spec):
    """Returns the callback that ends the training early, in a list; an empty list where the spec has none.

    Raises Unsupported where this Keras cannot express a field.
    """
    early_stopping = spec["training"]["early_stopping"]
    if early_stopping == "none":
        return []
    if early_stopping["first_nan"] == "best" and not FIRST_IS_BEST:
        raise Unsupported("Keras %s does not support early_stopping.first_nan=best." % VERSION)
    mixins, arguments = configuration.stopping(early_stopping, at_end=KERAS_3)
    bases = tuple(OUR_CLASSES[name] for name in mixins) + (keras.callbacks.EarlyStopping,)
    return [type("Stopping", bases, {})(**arguments)]


def once(callback):
    """Runs `on_train_begin` of a callback only once, although `fit` is called for every epoch; returns the callback.

    Its `on_train_end` is left to `ended`.
    """
    begin = callback.on_train_begin

    def first(logs=None):
        callback.on_train_begin = lambda logs=None: None
        begin(logs)
    callback.on_train_begin = first
    callback.on_train_end = lambda logs=None: None
    return callback


def ended(callback):
    """Runs `on_train_end` of a callback of `once`."""
    type(callback).on_train_end(callback)


def rate_of(optimizer):
    """Returns the variable of the learning rate of an optimizer without a schedule."""
    return optimizer._learning_rate if hasattr(optimizer, "_learning_rate") else optimizer.lr
