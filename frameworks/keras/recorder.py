"""Records each step's loss and checksums of its batch inside the graph, where Keras only reports running means."""
import numpy as np

from frameworks.keras.api import after_writing, keras, ops, set_value, value_of
from frameworks.runtime import samples

EMPTY = np.finfo(np.float32).min
"""The loss of a row of the record without a step: a step that failed may have increased `place`."""


class Recorder(keras.layers.Layer):
    """A layer that is not part of the forward pass and holds the record of an epoch; a loss writes it (`writer`).

    The record is float32 of shape (steps + 1, 3). A row holds the mean loss and the checksums
    (`frameworks.runtime.samples.mark`) of the labels that the loss gets and of the images that the model gets. The last
    row is for what is not a training step (validation, evaluation), and is never read. `images` is the layer that
    stores the images, or None: their checksum is NaN then.
    """

    def __init__(self, steps, images):
        super(Recorder, self).__init__(name="recorder")
        self.steps = steps
        object.__setattr__(self, "images", images)  # Keras would track a plain assignment
        self.record = self.add_weight(shape=(steps + 1, 3), initializer="zeros", trainable=False, name="record")
        self.place = self.add_weight(shape=(), initializer="zeros", trainable=False, name="place")

    def writer(self, width=None, added=None):
        """Returns a function (labels, outputs, loss of the batch, values) that records a step and returns the values.

        `width` is the number of values per label, or None for the number of outputs. `added` is a function that returns
        what regularizers add to the loss of a batch, which Keras adds later; None without regularizers.
        """
        def record(y_true, y_pred, loss_of_batch, values):
            place = ops.cast(ops.minimum(ops.convert_to_tensor(self.place), float(self.steps)), "int32")
            images = checksum(self.images.value, self.images.width) if self.images else np.float32(np.nan)
            labels = checksum(y_true, width or int(y_pred.shape[-1]))
            row = ops.reshape(ops.stack([loss_of_batch + (added() if added else 0), labels, images]), (1, 3))
            return after_writing(
                values, lambda: self.record.assign(ops.scatter_update(
                    ops.convert_to_tensor(self.record), ops.reshape(place, (1, 1)), row)),
                lambda: self.place.assign_add(1.0))
        return record

    def begin(self, training):
        """Starts the record of an epoch, or, without `training`, discards the losses from here on."""
        set_value(self.place, 0 if training else self.steps)
        if training:
            set_value(self.record, np.full((self.steps + 1, 3), EMPTY, np.float32))

    def taken(self):
        """Returns losses and checksums of the epoch so far, float32 of shape (steps, 3)."""
        record = value_of(self.record)[:self.steps]
        return record[record[:, 0] != EMPTY]


class EagerRecorder(object):
    """A `Recorder` with the same methods for torch, in NumPy: Keras's operations take far longer than they compute."""

    def __init__(self, steps, images):
        self.images, self.training, self.kept = images, False, []

    def writer(self, width=None, added=None):
        def record(y_true, y_pred, loss_of_batch, values):
            if self.training:
                images = samples.mark(as_array(self.images.value)) if self.images else np.nan
                loss = float(loss_of_batch + (added() if added else 0))
                self.kept.append((loss, samples.mark(as_array(y_true)), images))
            return values
        return record

    def begin(self, training):
        self.training = training
        if training:
            self.kept = []

    def taken(self):
        return np.array(self.kept, np.float32).reshape(-1, 3)


def as_array(tensor):
    """Returns a torch tensor as a NumPy array."""
    return tensor.detach().cpu().numpy()


def checksum(tensor, width):
    """Computes `frameworks.runtime.samples.mark` of a tensor with `width` values per sample, in the graph."""
    values = ops.reshape(ops.cast(tensor, "float32"), (-1, width))
    weighted_sums = ops.sum(values * np.arange(1, width + 1, dtype="float32"), axis=-1)
    return ops.mean(ops.cumsum(ops.ones_like(weighted_sums)) * weighted_sums)


def learning_rate(optimizer):
    """Returns the learning rate of the next step as a float."""
    return float(ops.convert_to_numpy(optimizer.learning_rate))


class Listener(keras.callbacks.Callback):
    """Reports what `fit` does to a `frameworks.runtime.watch.Watch`.

    `names` are the names of reported metrics in a trace, by those in the logs of `fit`.
    """

    def __init__(self, watch, recorder, names):
        super(Listener, self).__init__()
        self.watch, self.recorder, self.names = watch, recorder, names
        self.number, self.within, self.rate = 0, False, None

    def on_epoch_begin(self, epoch, logs=None):
        self.number, self.within = epoch, True
        if self.watch.printed_rate == "first_step":
            self.rate = learning_rate(self.model.optimizer)
        self.watch.model.keeps_rate()
        self.recorder.begin(training=True)

    def on_test_begin(self, logs=None):
        self.recorder.begin(training=False)

    def on_batch_end(self, batch, logs=None):  # from Keras 2.3 on, on_train_batch_end calls it
        self.watch.at_step(self.number, batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        self.within = False
        reported = {self.names[key]: float(value) for key, value in (logs or {}).items() if key in self.names}
        if self.watch.printed_rate != "none":
            reported["train/learning_rate"] = learning_rate(self.model.optimizer) if self.rate is None else self.rate
        if self.watch.epoch(reported, self.recorder.taken()):
            self.model.stop_training = True

    def cut(self):
        """Reports the steps of an epoch that an exception has interrupted."""
        if self.within:
            self.watch.cut(self.recorder.taken())
