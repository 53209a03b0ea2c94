"""How samples reach the trainer, in the order of the start."""
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from frameworks.runtime.training import steps_of


class Batches(object):
    """Batches in the order of the start: one gather a step; every pass takes the next epoch's order."""

    def __init__(self, x, y, batch, order):
        self.x, self.y, self.batch, self.order, self.epoch = x, y, batch, order, 0

    def __len__(self):
        return steps_of(len(self.x), self.batch)

    def __iter__(self):
        rows = torch.from_numpy(np.array(self.order[self.epoch], np.int64))
        self.epoch += 1  # when a pass begins, not when it is made: Lightning makes one to see whether it can
        for part in rows.split(self.batch):
            yield self.x[part], self.y[part]


def given_order(x, y, batch, order):
    """Batches in the order of the start, of shape (epochs, n); None is the order of the samples."""
    return in_order(x, y, batch) if order is None else Batches(x, y, batch, order)


def in_order(x, y, batch):
    """Batches in the order of the samples: views, nothing is copied."""
    parts = list(zip(x.split(batch), y.split(batch)))
    return DataLoader(parts, batch_size=None)


def own_order(x, y, batch, shuffle):
    """What a user would write; an open field is an argument left out. Once is a matter of a sampler."""
    if shuffle == "once":
        return DataLoader(TensorDataset(x, y), batch_size=batch or 1, sampler=torch.randperm(len(x)).tolist())
    chosen = {"batch_size": batch, "shuffle": shuffle}
    return DataLoader(TensorDataset(x, y), **{name: value for name, value in chosen.items() if value is not None})
