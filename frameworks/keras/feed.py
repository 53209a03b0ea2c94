"""How samples reach `fit`, in the order of the start."""
import keras
import numpy as np


def fit(model, train, order, batch, watch, arguments, callbacks):
    """Runs `model.fit` over all epochs; `order` has shape (epochs, n), or is None for the order of the samples."""
    if keras.backend.backend() == "tensorflow":
        dataset, turn = tensorflow_dataset(train, order, batch, watch.steps)
        model.fit(dataset, epochs=watch.epochs, callbacks=[turn] + callbacks, **arguments)
        return
    x, y = train
    for epoch in range(watch.epochs):
        rows = slice(None) if order is None else np.array(order[epoch])
        model.fit(x[rows], y[rows], batch_size=batch, shuffle=False, initial_epoch=epoch, epochs=epoch + 1,
                  callbacks=callbacks, **arguments)
        if model.stop_training:
            break


def tensorflow_dataset(train, order, batch, steps):
    """(the batches of one epoch, gathered inside TensorFlow, callback that turns to the next epoch's order).

    `fit` asks for a new iterator every epoch; the rows come from a variable that the callback sets before.
    """
    import tensorflow as tf
    x, y = tf.constant(train[0]), tf.constant(train[1])
    rows = tf.Variable(np.arange(len(train[0]), dtype=np.int32))
    turn = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: order is None or rows.assign(np.array(order[epoch], np.int32)))
    if steps == 1 and order is None:
        return tf.data.Dataset.from_tensors((x, y)), turn
    batches = tf.data.Dataset.from_tensors(0).flat_map(
        lambda _: tf.data.Dataset.from_tensor_slices(rows.read_value()).batch(batch))
    gathered = batches.map(lambda some: (tf.gather(x, some), tf.gather(y, some)))
    return gathered.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(64), turn


class Portions(object):
    """Frozen passes over samples in large portions, which are kept in TensorFlow's own form from pass to pass."""

    SIZE = 4096

    def __init__(self):
        self.made = []

    def run(self, method, *arrays):
        """Calls `predict` with x, or `evaluate` with x and y."""
        if keras.backend.backend() != "tensorflow":
            return method(*arrays, batch_size=self.SIZE, verbose=0)
        for known, dataset in self.made:
            if len(known) == len(arrays) and all(one is other for one, other in zip(known, arrays)):
                return method(dataset, verbose=0)
        import tensorflow as tf
        self.made.append((arrays, tf.data.Dataset.from_tensor_slices(arrays).batch(self.SIZE).cache()))
        return method(self.made[-1][1], verbose=0)
