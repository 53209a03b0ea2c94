"""Feeds samples to `fit` in a given order."""
import weakref

import numpy as np

from frameworks.keras.api import KERAS_3, keras
from frameworks.keras.callbacks import ended, once

OWN_SHUFFLE = "once" if KERAS_3 and keras.backend.backend() == "tensorflow" else True
"""How `fit` shuffles by itself: `once`, before the first epoch, or True, before every epoch; see the rules of
`Training.shuffle` in `frameworks.quirks.training`."""


class Samples(object):
    """The training and test samples of a model. In Keras 3 on TensorFlow, they are converted to tensors once.

    `train` is (x, y) or (x, y, sample weights), `test` is (x, y), and `batch` is the batch size of the training.
    """

    PORTION = 4096
    """The batch size of `predict` and `evaluate`, unless that of the training is larger."""

    def __init__(self, train=None, test=None, batch=None):
        self.train, self.tensors, self.portion = train, [], max(batch or 0, self.PORTION)
        if train is not None and KERAS_3 and keras.backend.backend() == "tensorflow":
            self.tensors = [part[:1] + converted(*part) for part in (train, test)]

    def fit(self, model, order, batch, watch, arguments, callbacks):
        """Runs `model.fit` over all epochs; without tensors and with an order, once per epoch.

        `order` has shape (epochs, n); None keeps the order of the samples. `watch` is the `Watch` of the training, and
        `arguments` are further arguments of `fit`.
        """
        if self.tensors:
            dataset, set_order = epoch_of(self.tensors[0][1:], order, batch, watch.steps)
            model.fit(dataset, epochs=watch.epochs, callbacks=[set_order] + callbacks,
                      validation_batch_size=batch, **arguments)
            return
        x, y = self.train[:2]
        weights = dict(zip(["sample_weight"], self.train[2:]))
        if order is None:
            model.fit(x, y, batch_size=batch, shuffle=False, epochs=watch.epochs, callbacks=callbacks,
                      **dict(arguments, **weights))
            return
        callbacks = [once(callback) for callback in callbacks]
        for epoch in range(watch.epochs):
            rows = np.array(order[epoch])
            of_rows = {name: values[rows] for name, values in weights.items()}
            model.fit(x[rows], y[rows], batch_size=batch, shuffle=False, initial_epoch=epoch, epochs=epoch + 1,
                      callbacks=callbacks, **dict(arguments, **of_rows))
            if model.stop_training:
                break
        for callback in callbacks:
            ended(callback)

    def in_portions(self, method, x, *labels):
        """Returns what `method` returns with a large batch size: `predict` for x, or `evaluate` for x and labels."""
        for samples, *tensors in self.tensors:
            if x is samples:
                return method(portions(tensors[0], tensors[1], self.portion), verbose=0)
        return method(x, *labels, batch_size=self.portion, verbose=0)


CONVERTED = {}
"""The tensors (x, y) by the id of x, as long as x exists: a warm worker often trains on the same samples again."""


def converted(x, y, *weights):
    """Returns samples and labels as tensors, which are made only once, and their weights, if any, as a third one."""
    import tensorflow as tf
    if id(x) not in CONVERTED:
        CONVERTED[id(x)] = tf.constant(x), tf.constant(y)
        weakref.finalize(x, CONVERTED.pop, id(x))
    return CONVERTED[id(x)] + tuple(tf.constant(values) for values in weights)


def portions(x, y, size):
    """Returns a dataset of slices of two tensors, with `size` rows each; one slice of all rows is not a copy."""
    import tensorflow as tf
    if len(x) <= size:
        return tf.data.Dataset.from_tensors((x, y))
    starts = tf.data.Dataset.range(0, len(x), size)
    return starts.map(unconverted(lambda start: (x[start:start + size], y[start:start + size])))


def unconverted(function):
    """Excludes a function from AutoGraph, which would leave the code that it generates as files in /tmp."""
    import tensorflow as tf
    return tf.autograph.experimental.do_not_convert(function)


def epoch_of(tensors, order, batch, steps):
    """Returns (dataset of the batches of one epoch, callback that sets the order of an epoch).

    TensorFlow gathers the batches. `fit` creates a new iterator for every epoch, which reads the order from a variable;
    the callback assigns it before.
    """
    import tensorflow as tf
    rows = tf.Variable(np.arange(len(tensors[0]), dtype=np.int32))
    set_order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: order is None or rows.assign(np.array(order[epoch], np.int32)))
    if steps == 1 and order is None:
        return tf.data.Dataset.from_tensors(tensors), set_order
    batches = tf.data.Dataset.from_tensors(0).flat_map(
        unconverted(lambda _: tf.data.Dataset.from_tensor_slices(rows.read_value()).batch(batch)))
    gathered = batches.map(unconverted(lambda indices: tuple(tf.gather(tensor, indices) for tensor in tensors)))
    return gathered.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(64), set_order
