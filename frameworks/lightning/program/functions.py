"""Keras's activations, reductions and losses in PyTorch, for trying what a program would compute with them."""

from __future__ import annotations

from typing import Callable

import torch
from torch.nn import functional as F

FUNCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "linear": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "softmax": lambda x, axis=-1: torch.softmax(x, axis), "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate), "selu": F.selu, "silu": F.silu,
    "swish": F.silu, "elu": lambda x, alpha=1.0: F.elu(x, alpha), "softplus": F.softplus, "softsign": F.softsign,
    "leaky_relu": lambda x, negative_slope=0.3: F.leaky_relu(x, negative_slope), "exponential": torch.exp,
    "hard_sigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0, 1), "mish": F.mish, "relu6": F.relu6,
    "scale": lambda x, factor=1.0, offset=0.0: x * factor + offset,
    "mean": lambda x, axes=(): x.mean(tuple(axes)), "amax": lambda x, axes=(): x.amax(tuple(axes)),
    "last_step": lambda x: x[:, -1],
    "channels_first": lambda x: x.movedim(-1, 1), "channels_last": lambda x: x.movedim(1, -1),
    "reshape_channels_last": lambda x, shape=(): x.reshape(len(x), *shape).movedim(-1, 1),
}
"""What `apply` and `instead` can compute, under Keras's names."""


def mean_square(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Keras's MeanSquaredError."""
    return (outputs - targets.reshape(outputs.shape)).square().mean()


def class_indices(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Targets as class indices, from indices or one-hot vectors."""
    return targets.argmax(-1) if targets.shape == outputs.shape else targets.reshape(outputs.shape[:-1]).long()


LOSSES: dict[str, Callable[..., torch.Tensor]] = {
    "MeanSquaredError": mean_square,
    "MeanAbsoluteError": lambda outputs, targets: (outputs - targets.reshape(outputs.shape)).abs().mean(),
    "SparseCategoricalCrossentropy": lambda outputs, targets, from_logits=False: F.nll_loss(
        (torch.log_softmax(outputs, -1) if from_logits else torch.log(outputs)).reshape(-1, outputs.shape[-1]),
        class_indices(outputs, targets).reshape(-1)),
    "CategoricalCrossentropy": lambda outputs, targets, from_logits=False, label_smoothing=0.0: -(
        (targets * (1 - label_smoothing) + label_smoothing / outputs.shape[-1]) *
        (torch.log_softmax(outputs, -1) if from_logits else torch.log(outputs / outputs.sum(-1, keepdim=True)))
    ).sum(-1).mean(),
    "BinaryCrossentropy": lambda outputs, targets, from_logits=False, label_smoothing=0.0: (
        F.binary_cross_entropy_with_logits if from_logits else F.binary_cross_entropy)(
            outputs, targets.reshape(outputs.shape).to(outputs.dtype) * (1 - label_smoothing) + label_smoothing / 2),
    "Huber": lambda outputs, targets, delta=1.0: F.huber_loss(outputs, targets.reshape(outputs.shape), delta=delta),
    "KLDivergence": lambda outputs, targets: (targets * torch.log(targets.clamp(1e-7, 1) / outputs.clamp(1e-7, 1))
                                              ).sum(-1).mean(),
}
"""Keras's losses of outputs and targets, with the mean over samples (keras/src/losses/losses.py, 3.15)."""
