"""Keeps every step's true loss, and a mark of its labels, without leaving the graph: Keras reports running means."""
import numpy as np

from frameworks.keras.api import keras, ops, set_value, value_of, written
from frameworks.runtime import samples

EMPTY = np.finfo(np.float32).min  # a cell without a loss; `place` may have moved on in a step that failed


class Recorder(keras.layers.Layer):
    """A layer on the side that owns the record; `wrap(loss)` is the same loss, whose batch means are also written down.

    Beside them stand `frameworks.runtime.samples.mark` of the labels that the loss gets, and of the `images` of the
    same call: a layer that keeps them, or None. Cell `steps` of the record is for what is not a training step
    (validation, evaluation), and is never read.
    """

    def __init__(self, steps, images):
        super(Recorder, self).__init__(name="recorder")
        self.steps = steps
        object.__setattr__(self, "images", images)  # a plain assignment would make it a part of this layer
        self.record = self.add_weight(shape=(steps + 1, 3), initializer="zeros", trainable=False, name="record")
        self.place = self.add_weight(shape=(), initializer="zeros", trainable=False, name="place")

    def wrap(self, loss, width=None, mean=None):
        """`width` is how many numbers a label has, or None for as many as the outputs.

        `mean`, a function of labels and losses by sample, makes the loss of a batch where it is not their mean.
        """
        def recorded(y_true, y_pred):
            values = loss(y_true, y_pred)
            place = ops.cast(ops.minimum(ops.convert_to_tensor(self.place), float(self.steps)), "int32")
            images = mark(self.images.value, self.images.width) if self.images else np.float32(np.nan)
            labels = mark(y_true, width or int(y_pred.shape[-1]))
            loss_of_batch = mean(y_true, values) if mean else ops.mean(values)
            row = ops.reshape(ops.stack([loss_of_batch, labels, images]), (1, 3))
            return written(values, lambda: self.record.assign(ops.scatter_update(ops.convert_to_tensor(self.record),
                                                                                 ops.reshape(place, (1, 1)), row)),
                           lambda: self.place.assign_add(1.0))
        return recorded

    def begin(self, training):
        """The next losses are those of a new epoch, or of no training step at all."""
        set_value(self.place, 0 if training else self.steps)
        if training:
            set_value(self.record, np.full((self.steps + 1, 3), EMPTY, np.float32))

    def taken(self):
        """Losses and marks of the epoch, float32 of shape (steps, 3), or of as many steps as it has had."""
        record = value_of(self.record)[:self.steps]
        return record[record[:, 0] != EMPTY]


class EagerRecorder(object):
    """The same on torch, where every operation of Keras takes far longer than what it computes: kept by NumPy."""

    def __init__(self, steps, images):
        self.images, self.training, self.kept = images, False, []

    def wrap(self, loss, width=None, mean=None):
        def recorded(y_true, y_pred):
            values = loss(y_true, y_pred)
            if self.training:
                loss_of_batch = mean(y_true, values) if mean else values.mean()
                images = samples.mark(as_array(self.images.value)) if self.images else np.nan
                self.kept.append((float(loss_of_batch), samples.mark(as_array(y_true)), images))
            return values
        return recorded

    def begin(self, training):
        self.training = training
        if training:
            self.kept = []

    def taken(self):
        return np.array(self.kept, np.float32).reshape(-1, 3)


def as_array(tensor):
    return tensor.detach().cpu().numpy()


def mark(some, width):
    values = ops.reshape(ops.cast(some, "float32"), (-1, width))
    weighed = ops.sum(values * np.arange(1, width + 1, dtype="float32"), axis=-1)
    return ops.mean(ops.cumsum(ops.ones_like(weighed)) * weighed)


class Listener(keras.callbacks.Callback):
    """Tells a `frameworks.runtime.training.Watch` what `fit` does."""

    def __init__(self, watch, recorder, names):
        super(Listener, self).__init__()
        self.watch, self.recorder, self.names = watch, recorder, names
        self.number, self.within = 0, False

    def on_epoch_begin(self, epoch, logs=None):
        self.number, self.within = epoch, True
        self.watch.model.keeps_rate()
        self.recorder.begin(training=True)

    def on_test_begin(self, logs=None):
        self.recorder.begin(training=False)

    def on_batch_end(self, batch, logs=None):  # what the newer on_train_batch_end calls too
        self.watch.at_step(self.number, batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        self.within = False
        reported = {self.names[key]: float(value) for key, value in (logs or {}).items() if key in self.names}
        if self.watch.epoch(reported, self.recorder.taken()):
            self.model.stop_training = True

    def cut(self):
        """Tells of an epoch that an exception has cut short."""
        if self.within:
            self.watch.cut(self.recorder.taken())
