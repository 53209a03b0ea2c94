"""Keras's losses in PyTorch, for trying whether they explain a difference (keras/src/losses/losses.py, 3.15).

A loss returns a value for every sample, or for every position of a sequence or image; `total` takes the mean of these
values. `E` is Keras's epsilon, to which it clips probabilities.
"""
from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import torch
from torch.nn import functional as F

from frameworks.runtime.user_program import ProgramError

E = 1e-7
Tensor = torch.Tensor


def probabilities(outputs: Tensor, from_logits: bool, activation: Callable[..., Tensor]) -> Tensor:
    """The outputs, or what the activation makes of logits, between epsilon and one minus epsilon."""
    return (activation(outputs) if from_logits else outputs).clamp(E, 1 - E)


def log_probabilities(outputs: Tensor, from_logits: bool) -> Tensor:
    """The logarithms of the probabilities of classes; rows of outputs are divided by their sums."""
    if from_logits:
        return torch.log_softmax(outputs, -1)
    return torch.log((outputs / outputs.sum(-1, keepdim=True)).clamp(E, 1 - E))


def one_hot(outputs: Tensor, targets: Tensor) -> Tensor:
    """Targets as vectors, from vectors or class indices."""
    if targets.shape == outputs.shape:
        return targets.to(outputs.dtype)
    return F.one_hot(targets.reshape(outputs.shape[:-1]).long().clamp(0), outputs.shape[-1]).to(outputs.dtype)


def sparse(outputs: Tensor, targets: Tensor, from_logits: bool = False, ignore_class: int | None = None) -> Tensor:
    """Cross-entropy of class indices; `total` excludes samples of the ignored class."""
    logs = torch.log_softmax(outputs, -1) if from_logits else torch.log(outputs.clamp(E, 1 - E))
    return -(one_hot(outputs, targets) * logs).sum(-1)


def categorical(outputs: Tensor, targets: Tensor, from_logits: bool = False, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of one-hot vectors."""
    vectors = one_hot(outputs, targets) * (1 - label_smoothing) + label_smoothing / outputs.shape[-1]
    return -(vectors * log_probabilities(outputs, from_logits)).sum(-1)


def binary(outputs: Tensor, targets: Tensor, from_logits: bool = False, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of numbers between 0 and 1."""
    expected = targets * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return F.binary_cross_entropy_with_logits(outputs, expected, reduction="none").mean(-1)
    p = outputs.clamp(E, 1 - E)
    return -(expected * torch.log(p) + (1 - expected) * torch.log(1 - p)).mean(-1)


def poisson(outputs: Tensor, targets: Tensor) -> Tensor:
    """The negative log-likelihood of counts without the terms that do not depend on the outputs."""
    return (outputs - targets * torch.log(outputs + E)).mean(-1)


def binary_focal(outputs: Tensor, targets: Tensor, from_logits: bool = False, gamma: float = 2.0, alpha: float = 0.25,
                 apply_class_balancing: bool = False, label_smoothing: float = 0.0) -> Tensor:
    """Binary cross-entropy times (1 - p)^gamma of the right class."""
    expected = targets * (1 - label_smoothing) + label_smoothing / 2
    p = probabilities(outputs, from_logits, torch.sigmoid)
    right = expected * p + (1 - expected) * (1 - p)
    value = -(expected * torch.log(p) + (1 - expected) * torch.log(1 - p)) * (1 - right) ** gamma
    return (value * (expected * alpha + (1 - expected) * (1 - alpha)) if apply_class_balancing else value).mean(-1)


def categorical_focal(outputs: Tensor, targets: Tensor, from_logits: bool = False, gamma: float = 2.0,
                      alpha: float = 0.25, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy times alpha (1 - p)^gamma of every class."""
    vectors = one_hot(outputs, targets) * (1 - label_smoothing) + label_smoothing / outputs.shape[-1]
    p = torch.softmax(outputs, -1) if from_logits else outputs / outputs.sum(-1, keepdim=True)
    p = p.clamp(E, 1 - E)
    return -(vectors * torch.log(p) * alpha * (1 - p) ** gamma).sum(-1)


def signs(targets: Tensor) -> Tensor:
    """Targets of a hinge loss: 0 and 1 become -1 and 1."""
    return 2 * targets - 1 if bool(((targets == 0) | (targets == 1)).all()) else targets


def margin(outputs: Tensor, targets: Tensor) -> Tensor:
    """Keras's CategoricalHinge."""
    return ((1 - targets) * outputs).amax(-1).sub((targets * outputs).sum(-1)).add(1).clamp(min=0)


LOSSES: dict[str, Callable[..., Tensor]] = {
    "MeanSquaredError": lambda outputs, targets: (outputs - targets).square().mean(-1),
    "MeanAbsoluteError": lambda outputs, targets: (outputs - targets).abs().mean(-1),
    "MeanAbsolutePercentageError": lambda outputs, targets: 100 * (
        (targets - outputs) / targets.abs().clamp(min=E)).abs().mean(-1),
    "MeanSquaredLogarithmicError": lambda outputs, targets: (
        torch.log(outputs.clamp(min=E) + 1) - torch.log(targets.clamp(min=E) + 1)).square().mean(-1),
    "SparseCategoricalCrossentropy": sparse, "CategoricalCrossentropy": categorical, "BinaryCrossentropy": binary,
    "BinaryFocalCrossentropy": binary_focal, "CategoricalFocalCrossentropy": categorical_focal,
    "Huber": lambda outputs, targets, delta=1.0: F.huber_loss(outputs, targets, reduction="none", delta=delta).mean(-1),
    "LogCosh": lambda outputs, targets: (outputs - targets + F.softplus(-2 * (outputs - targets)) - torch.log(
        torch.tensor(2.0, dtype=outputs.dtype))).mean(-1),
    "KLDivergence": lambda outputs, targets: (targets.clamp(E, 1) * torch.log(
        targets.clamp(E, 1) / outputs.clamp(E, 1))).sum(-1),
    "Poisson": lambda outputs, targets, log_input=False: poisson(outputs.exp() if log_input else outputs, targets),
    "CosineSimilarity": lambda outputs, targets: -(F.normalize(outputs, dim=-1) * F.normalize(targets, dim=-1)).sum(-1),
    "Hinge": lambda outputs, targets: (1 - signs(targets) * outputs).clamp(min=0).mean(-1),
    "SquaredHinge": lambda outputs, targets: (1 - signs(targets) * outputs).clamp(min=0).square().mean(-1),
    "CategoricalHinge": margin,
}
"""By Keras's class, the loss of outputs and targets with the classes or features in the last axis."""
OF_CLASSES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy")


def total(part: Mapping[str, Any], outputs: Tensor, targets: Tensor, mask: Tensor | None) -> Tensor:
    """The value of one of Keras's losses for a batch: its weight times the sum, or the mean over the positions that are
    not masked.
    """
    name, settings = part["function"], part.get("settings", {})
    if part.get("before_sigmoid"):  # TensorFlow takes the values before the last activation, whatever it is
        outputs, settings = torch.logit(outputs), {**settings, "from_logits": True}
    if name in OF_CLASSES and outputs.ndim > 2 and targets.shape in (outputs.shape[:1] + outputs.shape[2:],
                                                                     outputs.shape) and part.get("channels_first"):
        outputs = outputs.movedim(1, -1)
        targets = targets.movedim(1, -1) if targets.ndim == outputs.ndim else targets
    if name not in OF_CLASSES and targets.numel() == outputs.numel():
        targets = targets.reshape(outputs.shape)
    values = LOSSES[name](outputs, targets.to(outputs.dtype) if name not in OF_CLASSES else targets, **settings)
    counted = torch.ones_like(values) if mask is None else mask.reshape(values.shape).to(values.dtype)
    if settings.get("ignore_class") is not None:
        counted = counted * (targets.reshape(values.shape) != settings["ignore_class"]).to(values.dtype)
    summed = (values * counted).sum()
    return part.get("weight", 1.0) * (summed if part.get("reduction") == "sum" else summed / counted.sum())


def of_all(parts: Sequence[Mapping[str, Any]], outputs: Sequence[Tensor], targets: Sequence[Tensor],
           masks: Sequence[Tensor | None]) -> Tensor:
    """The sum of the losses of all outputs. Raises ProgramError if the numbers of outputs and targets differ."""
    if not len(parts) == len(outputs) == len(targets):
        raise ProgramError("change", f"{len(parts)} losses, {len(outputs)} outputs and {len(targets)} targets")
    values = [total(*each) for each in zip(parts, outputs, targets, masks)]
    return sum(values[1:], values[0])


def penalty_of(tensor: torch.Tensor, factors: Mapping[str, float]) -> torch.Tensor:
    """The penalty of Keras's L1L2."""
    return factors["l1"] * tensor.abs().sum() + factors["l2"] * tensor.square().sum()
