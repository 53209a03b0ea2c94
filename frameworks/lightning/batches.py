"""Data loaders for the Trainer: batches in a given order of the samples, or as a user's DataLoader makes them."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from frameworks.protocol import TrainingSamples
from frameworks.runtime.batching import steps_of

Tensors = tuple[Tensor, ...]
"""x, y, and the weights of the samples, of shape (n, 1), where the spec has any."""


class Batches:
    """Batches in the order of a shared initialization; each iteration uses the order of the next epoch.

    `order` has shape (epochs, n). A batch is gathered from each of the `tensors` by a single indexing operation.
    """

    def __init__(self, tensors: Tensors, batch: int, order: np.ndarray) -> None:
        self.tensors, self.batch, self.order, self.epoch = tensors, batch, order, 0

    def __len__(self) -> int:
        return int(steps_of(len(self.tensors[0]), self.batch))

    def __iter__(self) -> Iterator[Tensors]:
        rows = torch.from_numpy(np.array(self.order[self.epoch], np.int64))
        # In a generator, this runs with the first batch, not when Lightning calls `iter` to check the loader.
        self.epoch += 1
        for batch in rows.split(self.batch):
            yield tuple(tensor[batch] for tensor in self.tensors)


def tensor_of(array: np.ndarray, device: torch.device) -> Tensor:
    """Return samples or labels as a tensor; images get the channels first, in memory too.

    A view does not suffice: with one channel, it counts as contiguous, and PyTorch treats it as channels last, a format
    that users do not have and for which BatchNorm computes differently.
    """
    array = np.array(np.moveaxis(array, -1, 1), order="C") if array.ndim == 4 else np.ascontiguousarray(array)
    return torch.from_numpy(array).to(device)


def tensors_of(samples: TrainingSamples, device: torch.device) -> Tensors:
    """Return the arrays of samples as tensors."""
    x, y, *weights = samples
    return tensor_of(x, device), tensor_of(y, device), *(tensor_of(values[:, np.newaxis], device) for values in weights)


def given_order(tensors: Tensors, batch: int, order: np.ndarray | None) -> Batches | DataLoader:
    """Return batches in the given order, of shape (epochs, n); None means the order of the samples."""
    return in_order(tensors, batch) if order is None else Batches(tensors, batch, order)


def in_order(tensors: Tensors, batch: int) -> DataLoader:
    """Return batches in the order of the samples. They are views: no data is copied."""
    batches: Any = list(zip(*(tensor.split(batch) for tensor in tensors)))  # a list has the methods of a Dataset
    return DataLoader(batches, batch_size=None)


def own_order(tensors: Tensors, batch: int | None, shuffle: bool | str | None) -> DataLoader:
    """Return the DataLoader that a user would write; the argument of an unset field is omitted.

    `shuffle` can also be "once", for which a DataLoader has no argument: a sampler then draws a single order.
    """
    if shuffle == "once":
        return DataLoader(TensorDataset(*tensors), batch_size=batch or 1,
                          sampler=torch.randperm(len(tensors[0])).tolist())
    options: dict[str, Any] = {"batch_size": batch, "shuffle": shuffle}
    return DataLoader(TensorDataset(*tensors), **{name: value for name, value in options.items() if value is not None})
