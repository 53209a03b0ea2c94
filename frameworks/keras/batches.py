"""How samples reach `fit`, in the order of the start."""
import weakref

import numpy as np

from frameworks.keras.api import KERAS_3, keras
from frameworks.keras.callbacks import once

OWN_SHUFFLE = "once" if KERAS_3 and keras.backend.backend() == "tensorflow" else True
"""What `fit` does where it shuffles, seeded by a user."""


class Samples(object):
    """The training and test samples of one model; in Keras 3 on TensorFlow converted once."""

    PORTION = 4096  # samples that one frozen pass takes at a time, or more where training does so too

    def __init__(self, train=None, test=None, batch=None):
        self.train, self.tensors, self.portion = train, [], max(batch or 0, self.PORTION)
        if train is not None and KERAS_3 and keras.backend.backend() == "tensorflow":
            self.tensors = [(x,) + converted(x, y) for x, y in (train, test)]

    def fit(self, model, order, batch, watch, arguments, callbacks):
        """Runs `model.fit` over all epochs; `order` has shape (epochs, n), or is None for the order of the samples."""
        if self.tensors:
            dataset, turn = epoch_of(self.tensors[0][1:], order, batch, watch.steps)
            model.fit(dataset, epochs=watch.epochs, callbacks=[turn] + callbacks, validation_batch_size=batch,
                      **arguments)
            return
        x, y = self.train
        if order is None:
            model.fit(x, y, batch_size=batch, shuffle=False, epochs=watch.epochs, callbacks=callbacks, **arguments)
            return
        callbacks = [once(callback) for callback in callbacks]
        for epoch in range(watch.epochs):
            rows = np.array(order[epoch])
            model.fit(x[rows], y[rows], batch_size=batch, shuffle=False, initial_epoch=epoch, epochs=epoch + 1,
                      callbacks=callbacks, **arguments)
            if model.stop_training:
                break

    def frozen(self, method, x, *labels):
        """Calls `predict` with x, or `evaluate` with x and labels, in large portions."""
        for known, tensor, of_known in self.tensors:
            if x is known:
                return method(portions(tensor, of_known, self.portion), verbose=0)
        return method(x, *labels, batch_size=self.portion, verbose=0)


CONVERTED = {}  # two tensors by the id of samples, for as long as these live: a warm worker trains on them again


def converted(x, y):
    """The samples and labels as tensors."""
    import tensorflow as tf
    if id(x) not in CONVERTED:
        CONVERTED[id(x)] = tf.constant(x), tf.constant(y)
        weakref.finalize(x, CONVERTED.pop, id(x))
    return CONVERTED[id(x)]


def portions(x, y, size):
    """A dataset of slices of two tensors; of the tensors themselves, not copied, where one slice holds all."""
    import tensorflow as tf
    if len(x) <= size:
        return tf.data.Dataset.from_tensors((x, y))
    starts = tf.data.Dataset.range(0, len(x), size)
    return starts.map(unconverted(lambda start: (x[start:start + size], y[start:start + size])))


def unconverted(function):
    """A function that TensorFlow takes as it is; what it converts to Python of its own, it leaves as files in /tmp."""
    import tensorflow as tf
    return tf.autograph.experimental.do_not_convert(function)


def epoch_of(tensors, order, batch, steps):
    """(the batches of one epoch, gathered inside TensorFlow, callback that turns to the next epoch's order).

    `fit` asks for a new iterator every epoch; the rows come from a variable that the callback sets before.
    """
    import tensorflow as tf
    rows = tf.Variable(np.arange(len(tensors[0]), dtype=np.int32))
    turn = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: order is None or rows.assign(np.array(order[epoch], np.int32)))
    if steps == 1 and order is None:
        return tf.data.Dataset.from_tensors(tensors), turn
    batches = tf.data.Dataset.from_tensors(0).flat_map(
        unconverted(lambda _: tf.data.Dataset.from_tensor_slices(rows.read_value()).batch(batch)))
    gathered = batches.map(unconverted(lambda some: tuple(tf.gather(tensor, some) for tensor in tensors)))
    return gathered.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(64), turn
