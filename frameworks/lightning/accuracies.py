"""Accuracies of a spec in torchmetrics: its own if the rule is unset, and otherwise a rule written here."""

from __future__ import annotations

from typing import Callable

import torch
import torchmetrics
from torch import Tensor

from frameworks.lightning import configuration
from frameworks.protocol import Json
from frameworks.runtime.losses import in_accuracy

Rule = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""(labels, logits, outputs, threshold) -> which samples are correct, as booleans of shape (batch,) or (batch, 1)"""


class ByRule(torchmetrics.Metric):
    """The share of samples that are correct by a rule of `RULES`; `update` takes (logits, outputs, labels), and the
    weights of the samples where there are any.

    `weights` are class weights or sample weights of a spec, or `none`. A `threshold` of None is 0.5, the default of
    torchmetrics and of Keras.
    """

    correct: Tensor
    total: Tensor
    class_weights: Tensor

    def __init__(self, rule: str, threshold: float | None, weights: Json | str) -> None:
        super().__init__()
        self.rule, self.threshold = RULES[rule], 0.5 if threshold is None else threshold
        self.kind = weights["is"] if isinstance(weights, dict) and in_accuracy(weights) else "none"
        of_classes = weights["values"] if isinstance(weights, dict) and self.kind == "ClassWeights" else ()
        self.register_buffer("class_weights", torch.tensor(of_classes), persistent=False)
        for name in ("correct", "total"):
            self.add_state(name, torch.tensor(0 if self.kind == "none" else 0.0), dist_reduce_fx="sum")

    def update(self, z: Tensor, p: Tensor, y: Tensor, w: Tensor | None = None) -> None:
        correct = self.rule(y, z, p, self.threshold)
        if self.kind == "none":
            self.correct += correct.sum()
            self.total += len(y)
            return
        weights = self.class_weights[numbers_of(y)] if w is None or self.kind == "ClassWeights" else w[:, 0]
        self.correct += (correct.flatten() * weights).sum()
        self.total += weights.sum()

    def compute(self) -> Tensor:
        return self.correct / self.total


def metric(accuracy: Json, weights: Json | str, width: int) -> ByRule | Adapted:
    """Return an accuracy with the `update` arguments of `ByRule`: that of torchmetrics if the rule is unset
    and the accuracy has no weights.

    `weights` are class weights or sample weights, or `none`; `width` is the number of outputs.
    """
    rule = configuration.accuracy_rule(accuracy, weights, width)
    if rule is not None:
        return ByRule(rule, accuracy["threshold"], weights)
    if width > 1:
        return Adapted(torchmetrics.Accuracy(task="multiclass", num_classes=width), numbers_of)
    options = {} if accuracy["threshold"] is None else {"threshold": accuracy["threshold"]}
    return Adapted(torchmetrics.Accuracy(task="binary", **options), lambda y: y)


def numbers_of(y: Tensor) -> Tensor:
    """Return the class index of each sample; labels are one-hot or class indices of shape (batch, 1)."""
    return y.argmax(-1) if y.shape[-1] > 1 else y[:, 0].long()


class Adapted(torch.nn.Module):
    """A torchmetrics accuracy with the `update` arguments of `ByRule`; `labels` converts the labels to the form that
    the documentation of torchmetrics requires."""

    def __init__(self, metric: torchmetrics.Metric, labels: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.metric, self.labels = metric, labels

    def update(self, z: Tensor, p: Tensor, y: Tensor, w: Tensor | None = None) -> None:
        self.metric.update(p, self.labels(y))


def torchmetric(accuracy: ByRule | Adapted) -> torchmetrics.Metric:
    """The torchmetrics object of an accuracy, which is logged and computed."""
    return accuracy.metric if isinstance(accuracy, Adapted) else accuracy


def sigmoid_first(y: Tensor, z: Tensor, p: Tensor, threshold: float) -> Tensor:
    """Which samples are correct by torchmetrics' rule: if any output lies outside [0, 1], sigmoid is applied to all.

    Source: torchmetrics/functional/classification/stat_scores.py:109, version 1.9.
    """
    inside = bool(((p >= 0) & (p <= 1)).all())
    return (p if inside else torch.sigmoid(p)).gt(threshold) == y


RULES: dict[str, Rule] = {
    "argmax_outputs": lambda y, z, p, threshold: p.argmax(-1) == numbers_of(y),
    "argmax_logits": lambda y, z, p, threshold: z.argmax(-1) == numbers_of(y),
    "threshold": lambda y, z, p, threshold: (p > threshold) == y,
    "round": lambda y, z, p, threshold: p.round() == y,
    "sigmoid_first": sigmoid_first,
}
"""By the name of a rule, as in `scenarios.spec.Accuracy.rule`."""
