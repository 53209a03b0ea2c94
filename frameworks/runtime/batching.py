"""Which samples belong to which step of a training. Python 3.6 and NumPy 1.16."""


import numpy as np


def batch_size(spec, n):
    """Returns the number of samples per step, or None where the framework decides."""
    size = spec["training"]["batch_size"]
    return n if size == "all" else size


def steps_of(n, batch):
    """Returns the number of steps per epoch of n samples; a last, smaller batch counts as a step."""
    return -(-n // batch)


def batches(train_set, order, steps, batch):
    """Returns a function step -> samples (x, y), and their weights where the training set has weights.

    Steps are counted from 0 over all epochs; `order` is as in `rows_of`, `steps` the number of steps per epoch.
    """
    def batch_at(step):
        rows = rows_of(step, order, steps, batch, len(train_set[0]))
        return tuple(part[rows] for part in train_set)
    return batch_at


def rows_of(step, order, steps, batch, n):
    """Returns the rows of the samples in the batch of a step: an array, or a slice where the order is None.

    `order` has shape (epochs, n); None is the order of the samples.
    """
    epoch, place = divmod(step, steps)
    rows = slice(place * batch, min((place + 1) * batch, n))
    return rows if order is None else np.array(order[epoch][rows])
