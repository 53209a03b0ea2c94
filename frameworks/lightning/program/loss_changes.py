"""Changes of the loss of a user's PyTorch program; `changes` documents them."""
from __future__ import annotations

from typing import Any, Mapping, Sequence

import torch
from torch import nn

from frameworks.lightning.program import layers, losses

LOSS_CHANGES = ("penalty", "loss_factor", "loss")
"""The kinds of change of this file."""


def changed_loss(loss: torch.Tensor, model: nn.Module, changes: Sequence[Mapping[str, Any]],
                 outputs: list[torch.Tensor], targets: list[torch.Tensor], masks: Mapping[str, torch.Tensor],
                 activities: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Returns the loss of a step, with the changes of the loss applied.

    `masks` are Keras's masks of its outputs, by the number of the output; `activities` are the outputs of operations
    that a penalty needs, by the key of the operation.
    """
    for change in sorted(changes, key=lambda change: change["kind"] != "loss"):
        if change["kind"] == "loss":
            loss = losses.of_all(change["of"], outputs, targets, [
                masks.get(str(i)) if part.get("masked") else None for i, part in enumerate(change["of"])])
        elif change["kind"] == "loss_factor":
            loss = loss * change["factor"]
        elif change["kind"] == "penalty":
            named = dict(layers.parameters(model))
            for name, factors in change["parameters"].items():
                tensor = named[name].parts[0][0]
                loss = loss + losses.penalty_of(tensor, factors)
            for key, factors in change.get("activities", {}).items():
                loss = loss + losses.penalty_of(activities[key], factors) / len(activities[key])
    return loss
