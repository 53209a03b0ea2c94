"""How a user's training step takes a batch."""
from __future__ import annotations

from typing import Any, Sequence

import torch
from torch import nn

from frameworks.job import ProgramJob
from frameworks.lightning.program.build import as_taken
from frameworks.runtime.named_batch import batch_of
from frameworks.runtime.taken_apart import takes_all


def batches(module: nn.Module, model: nn.Module, inputs: Sequence[torch.Tensor], targets: Sequence[torch.Tensor],
            job: ProgramJob) -> list[tuple[Any, ...]]:
    """The batches of the training in order: pairs of inputs and targets, or all tensors side by side, as a
    TensorDataset has them, where the training step takes them so."""
    side_by_side = takes_all(type(module), "training_step", len(inputs) + len(targets))
    names = [job["names"].get(kind, ()) for kind in ("input", "target")]
    result = []
    for i in range(0, job["steps"] * job["batch"], job["batch"]):
        pair = [batch_of([tensor[i:i + job["batch"]] for tensor in tensors], its_names)
                for tensors, its_names in zip((inputs, targets), names)]
        parts = [values if isinstance(values, tuple) else (values,) for values in pair]
        result.append((*as_taken(model, parts[0]), *parts[1]) if side_by_side else tuple(pair))
    return result
