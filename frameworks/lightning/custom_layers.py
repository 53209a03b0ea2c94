"""PyTorch layers for fields that PyTorch has no argument for, and conversion of tensors to the shapes of a spec."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from frameworks.parts.batch_normalization import variance_factor
from frameworks.parts.dropout import MASKS, mask_rows
from frameworks.protocol import Json


class HardSigmoid(nn.Module):
    """A hard sigmoid with another slope than PyTorch's 1/6: PyTorch's function of the input times 6 · slope."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.steeper = slope * 6

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.hardsigmoid(x * self.steeper)


class ChannelsLast(nn.Module):
    """Flattens images as Keras does: pixel by pixel, each with all its channels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.movedim(1, -1).flatten(1)


class RegularizedActivity(nn.Module):
    """Returns its input x, and keeps what its regularizer adds to the loss: factor · Σ |x| ** power / samples."""

    penalty: torch.Tensor

    def __init__(self, factor: float, power: int) -> None:
        super().__init__()
        self.factor, self.power = factor, power

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.penalty = self.factor * x.abs().pow(self.power).sum() / len(x)
        return x


class Masked(nn.Module):
    """A dropout with the shared masks of `frameworks.parts.dropout`, transposed like a kernel to (inputs, MASKS)."""

    masks: torch.Tensor
    step: torch.Tensor

    def __init__(self, inputs: int, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.register_buffer("masks", torch.zeros(inputs, MASKS))
        self.register_buffer("step", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        rows = mask_rows(int(self.step), len(x), torch.arange(len(x), device=x.device))
        self.step += 1
        return x * self.masks[:, rows].T / (1 - self.rate)


def corrected(kind: Any, layer: Json) -> Any:
    """Return a subclass of a batch normalization in which the variance of `layer` updates the running variance.

    `kind` is nn.BatchNorm1d or nn.BatchNorm2d, in which the unbiased variance of the batch updates it
    (torch/nn/modules/batchnorm.py:323, version 2.15).
    """
    class Corrected(kind):
        running_var: torch.Tensor

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            decayed = self.running_var * (1 - self.momentum)
            y = super().forward(x)
            if self.training:
                n = x.numel() // x.shape[1]
                factor = variance_factor(layer, x.shape, n) * (n - 1) / n
                # Not in place, which autograd would refuse.
                self.running_var = decayed + (self.running_var - decayed) * factor
            return y
    return Corrected


def weights_of(module: Any) -> list[torch.Tensor]:
    """Return the tensors of a module with weights, in the order of `LayerPart.names`."""
    if isinstance(module, Masked):
        return [module.masks, module.step]
    moving = [module.running_mean, module.running_var] if isinstance(module, nn.modules.batchnorm._BatchNorm) else []
    return [module.weight, module.bias] + moving


def gradient_of(tensor: torch.Tensor) -> torch.Tensor:
    """Return the gradient of a weight after a backward pass."""
    assert tensor.grad is not None, "every trainable weight gets a gradient"
    return tensor.grad


def as_spec(tensor: torch.Tensor) -> np.ndarray:
    """Convert a kernel, bias or gradient from PyTorch's shape to an array of the shape in `frameworks.parts`."""
    array = tensor.detach().cpu().numpy()
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T


def as_tensor(array: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Convert an array of the shape in `frameworks.parts` to a tensor of PyTorch's shape."""
    array = np.asarray(array)
    transposed = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
    return torch.tensor(np.array(transposed, order="C"), dtype=dtype)
