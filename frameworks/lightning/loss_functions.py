"""The loss of a spec as a PyTorch module: the lines of `losses`, executed."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import nn

from frameworks.lightning.losses import LOSSES, Setting
from frameworks.protocol import Json
from frameworks.runtime.call import function_of
from frameworks.runtime.errors import Refused, Unsupported

NAMES: dict[str, Any] = {"torch": torch, "nn": nn, "np": np, "ValueError": Refused}
"""The names in the lines. A ValueError that they raise is `Refused`: the framework refuses the outputs."""


class LossFunction(nn.Module):
    """The mean loss of a batch of labels y, logits z and outputs p, with the weights w of the samples, if any.

    y has shape (batch, classes), or (batch, 1) for class indices; z and p have (batch, outputs), w has (batch, 1).
    `loss` is plain JSON, `last` the name of the last activation, or `linear`, `labels` is `one_hot` or `index`,
    `classes` the number of outputs, and `sample_weight` that of the training settings. Raises Unsupported if PyTorch
    cannot be configured with the value of a field.
    """

    def __init__(self, loss: Json, last: str, labels: str, classes: int, sample_weight: Json | str) -> None:
        super().__init__()
        self.numbered = labels == "index" and loss["is"] == "CategoricalCrossentropy"
        built = LOSSES[loss["is"]](loss, Setting(last, self.numbered, labels == "one_hot", classes, "z", sample_weight))
        name = built.weighted_function
        if name and "weight" not in inspect.signature(getattr(nn.functional, name)).parameters:
            raise Unsupported("nn.functional.%s of this PyTorch takes no weights; set sample_weight.divisor." % name)
        if built.module is not None:
            self.loss = built.module.made(NAMES)
        if built.weights:
            self.register_buffer("weights", torch.tensor(built.weights))
        lines = [line if isinstance(line, str) else line[0] for line in built.lines]
        self.function = function_of("self, y, z, p, w", [*lines, "return loss"], NAMES)

    def forward(self, y: torch.Tensor, z: torch.Tensor, p: torch.Tensor,
                w: torch.Tensor | None = None) -> torch.Tensor:
        result: torch.Tensor = self.function(self, y[:, 0].long() if self.numbered else y, z, p, w)
        return result
