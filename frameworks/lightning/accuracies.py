"""Accuracies of a spec in torchmetrics: its own if the rule is unset, and otherwise a rule written here."""

from __future__ import annotations

from typing import Callable, Sequence

import torch
import torchmetrics
from torch import Tensor

from frameworks.lightning import configuration
from frameworks.protocol import Plain
from frameworks.runtime.losses import weighs_accuracy

Rule = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""(labels, logits, outputs, threshold) -> which samples are correct"""


class ByRule(torchmetrics.Metric):
    """The share of samples that are correct by a rule of `RULES`; `update` takes (logits, outputs, labels)."""

    correct: Tensor
    total: Tensor
    class_weights: Tensor

    def __init__(self, rule: str, threshold: float | None, class_weights: Sequence[float] = ()) -> None:
        super().__init__()
        self.rule, self.threshold = RULES[rule], 0.5 if threshold is None else threshold
        self.register_buffer("class_weights", torch.tensor(class_weights), persistent=False)
        self.add_state("correct", torch.tensor(0.0 if class_weights else 0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0.0 if class_weights else 0), dist_reduce_fx="sum")

    def update(self, z: Tensor, p: Tensor, y: Tensor) -> None:
        correct = self.rule(y, z, p, self.threshold)
        if not len(self.class_weights):
            self.correct += correct.sum()
            self.total += len(y)
            return
        weights = self.class_weights[numbers_of(y)]
        self.correct += (correct.flatten() * weights).sum()
        self.total += weights.sum()

    def compute(self) -> Tensor:
        return self.correct / self.total


def metric(accuracy: Plain, loss: Plain, width: int) -> ByRule | Adapted:
    """Return an accuracy whose `update` takes (logits, outputs, labels): that of torchmetrics if the rule is unset.

    `width` is the number of outputs.
    """
    rule = configuration.accuracy_rule(accuracy, loss, width)
    if rule is not None:
        return ByRule(rule, accuracy["threshold"], loss["class_weights"]["values"] if weighs_accuracy(loss) else ())
    if width > 1:
        return Adapted(torchmetrics.Accuracy(task="multiclass", num_classes=width), numbers_of)
    options = {} if accuracy["threshold"] is None else {"threshold": accuracy["threshold"]}
    return Adapted(torchmetrics.Accuracy(task="binary", **options), lambda y: y)


def numbers_of(y: Tensor) -> Tensor:
    """Return the class index of each sample; labels are one-hot or class indices of shape (batch, 1)."""
    return y.argmax(-1) if y.shape[-1] > 1 else y[:, 0].long()


class Adapted(torch.nn.Module):
    """A torchmetrics accuracy; `labels` converts the labels to the form that its documentation requires."""

    def __init__(self, metric: torchmetrics.Metric, labels: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.metric, self.labels = metric, labels

    def update(self, z: Tensor, p: Tensor, y: Tensor) -> None:
        self.metric.update(p, self.labels(y))


def torchmetric(accuracy: ByRule | Adapted) -> torchmetrics.Metric:
    """The torchmetrics object of an accuracy, which is logged and computed."""
    return accuracy.metric if isinstance(accuracy, Adapted) else accuracy


def sigmoid_first(y: Tensor, z: Tensor, p: Tensor, threshold: float) -> Tensor:
    """Which samples are correct by torchmetrics' rule: if any output lies outside [0, 1], sigmoid is applied to all."""
    inside = bool(((p >= 0) & (p <= 1)).all())
    return (p if inside else torch.sigmoid(p)).gt(threshold) == y


RULES: dict[str, Rule] = {
    "argmax_outputs": lambda y, z, p, threshold: p.argmax(-1) == numbers_of(y),
    "argmax_logits": lambda y, z, p, threshold: z.argmax(-1) == numbers_of(y),
    "threshold": lambda y, z, p, threshold: (p > threshold) == y,
    "round": lambda y, z, p, threshold: p.round() == y,
    "sigmoid_first": sigmoid_first,
}
"""By name."""
