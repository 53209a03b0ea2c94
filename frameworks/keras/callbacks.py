"""Callbacks of a spec in Keras, by which the rate or the end of a training follows what its epochs report."""
import numpy as np

from frameworks.keras import configuration
from frameworks.keras.api import VERSION, keras
from frameworks.runtime.errors import Unsupported


class PlateauOfRatio(keras.callbacks.ReduceLROnPlateau):
    """ReduceLROnPlateau whose threshold is that of a ratio to the best, where Keras's is that of a difference."""

    def _is_improvement(self, monitor_value, reference_value):
        return reference_value is None or monitor_value < reference_value * (1 - abs(self.min_delta))


class EndsAtNan(object):
    """EarlyStopping that ends at a number that is nan or infinite, where Keras's counts it as not smaller."""

    def on_epoch_end(self, epoch, logs=None):
        if np.isfinite(logs[self.monitor]):
            super(EndsAtNan, self).on_epoch_end(epoch, logs)
        else:
            self.model.stop_training = True


class BestFromInfinity(object):
    """EarlyStopping that waits for a first number that is one, where Keras 3's takes a nan as the best so far."""

    def on_train_begin(self, logs=None):
        super(BestFromInfinity, self).on_train_begin(logs)
        self.best = np.inf


OWN = {"PlateauOfRatio": PlateauOfRatio, "EndsAtNan": EndsAtNan, "BestFromInfinity": BestFromInfinity}


def first_is_best():
    """Whether this Keras's EarlyStopping takes any first number as the best so far."""
    callback = keras.callbacks.EarlyStopping()
    callback.on_train_begin()
    return getattr(callback, "best", np.inf) is None


FIRST_IS_BEST = first_is_best()


def made(spec):
    """The callbacks that a spec in plain JSON asks for."""
    return ([plateau(spec)] if configuration.on_plateau(spec["optimizer"]["learning_rate"]) else []) + stopping(spec)


def plateau(spec):
    """What reduces the rate."""
    name, arguments = configuration.plateau(spec["optimizer"]["learning_rate"])
    if name not in OWN:
        return keras.callbacks.ReduceLROnPlateau(**arguments)
    if not hasattr(keras.callbacks.ReduceLROnPlateau, "_is_improvement"):
        raise Unsupported("Keras %s cannot be told learning_rate.threshold_of=ratio." % VERSION)
    return OWN[name](**arguments)


def stopping(spec):
    """What ends the training early, where there is such a thing."""
    asked = spec["training"]["early_stopping"]
    if asked == "none":
        return []
    if asked["first_nan"] == "best" and not FIRST_IS_BEST:
        raise Unsupported("Keras %s cannot be told early_stopping.first_nan=best." % VERSION)
    additions, arguments = configuration.stopping(asked)
    bases = tuple(OWN[name] for name in additions) + (keras.callbacks.EarlyStopping,)
    return [type("Stopping", bases, {})(**arguments)]


def once(callback):
    """The same callback, whose training `fit` begins again for every epoch: it goes on where it was."""
    begin = callback.on_train_begin

    def first(logs=None):
        callback.on_train_begin = lambda logs=None: None
        begin(logs)
    callback.on_train_begin = first
    return callback


def rate_of(optimizer):
    """The variable that holds the rate of an optimizer without a schedule."""
    return optimizer._learning_rate if hasattr(optimizer, "_learning_rate") else optimizer.lr
