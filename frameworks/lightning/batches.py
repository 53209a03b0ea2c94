"""Data loaders for the Trainer: batches in a given order of the samples, or as a user's DataLoader makes them."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from frameworks.runtime.batching import steps_of


class Batches:
    """Batches in the order of a shared initialization; each iteration uses the order of the next epoch.

    `order` has shape (epochs, n). A batch is gathered from the tensors x and y by a single indexing operation.
    """

    def __init__(self, x: Tensor, y: Tensor, batch: int, order: np.ndarray) -> None:
        self.x, self.y, self.batch, self.order, self.epoch = x, y, batch, order, 0

    def __len__(self) -> int:
        return int(steps_of(len(self.x), self.batch))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        rows = torch.from_numpy(np.array(self.order[self.epoch], np.int64))
        # In a generator, this runs with the first batch, not when Lightning calls `iter` to check the loader.
        self.epoch += 1
        for batch in rows.split(self.batch):
            yield self.x[batch], self.y[batch]


def given_order(x: Tensor, y: Tensor, batch: int, order: np.ndarray | None) -> Batches | DataLoader:
    """Return batches in the given order, of shape (epochs, n); None means the order of the samples."""
    return in_order(x, y, batch) if order is None else Batches(x, y, batch, order)


def in_order(x: Tensor, y: Tensor, batch: int) -> DataLoader:
    """Return batches in the order of the samples. They are views: no data is copied."""
    batches: Any = list(zip(x.split(batch), y.split(batch)))  # a list has the methods of a Dataset
    return DataLoader(batches, batch_size=None)


def own_order(x: Tensor, y: Tensor, batch: int | None, shuffle: bool | str | None) -> DataLoader:
    """Return the DataLoader that a user would write; the argument of an unset field is omitted.

    `shuffle` can also be "once", for which a DataLoader has no argument: a sampler then draws a single order.
    """
    if shuffle == "once":
        return DataLoader(TensorDataset(x, y), batch_size=batch or 1, sampler=torch.randperm(len(x)).tolist())
    options: dict[str, Any] = {"batch_size": batch, "shuffle": shuffle}
    return DataLoader(TensorDataset(x, y), **{name: value for name, value in options.items() if value is not None})
