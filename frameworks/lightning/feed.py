"""How samples reach the trainer, in the order of the start."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Batches(Dataset):
    """A data set whose items are whole batches, taken by tensors of rows: one gather a step."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __getitem__(self, rows):
        return self.x[rows], self.y[rows]


class Rows(object):
    """A sampler of row tensors; every pass over it takes the next epoch's order."""

    def __init__(self, n, batch, order):
        self.n, self.batch, self.order, self.epoch = n, batch, order, 0

    def __len__(self):
        return -(-self.n // self.batch)

    def __iter__(self):
        rows = torch.arange(self.n) if self.order is None else torch.from_numpy(np.array(self.order[self.epoch], np.int64))
        self.epoch += 1
        return iter(rows.split(self.batch))


def given_order(x, y, batch, order):
    """Batches in the order of the start, of shape (epochs, n); None is the order of the samples."""
    if order is None:
        return in_order(x, y, batch)
    return DataLoader(Batches(x, y), batch_size=None, sampler=Rows(len(x), batch, order))


def in_order(x, y, batch):
    """Batches in the order of the samples: views, nothing is copied."""
    parts = list(zip(x.split(batch), y.split(batch)))
    return DataLoader(parts, batch_size=None)


def own_order(x, y, batch, shuffle):
    """What a user would write; an open field is an argument left out."""
    chosen = {"batch_size": batch, "shuffle": shuffle}
    return DataLoader(TensorDataset(x, y), **{name: value for name, value in chosen.items() if value is not None})
