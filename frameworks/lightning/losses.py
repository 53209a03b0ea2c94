"""Losses and accuracies of a spec in PyTorch and torchmetrics: an open one is the nearest class.

A closed one is written out. A loss is a function (labels, logits, outputs) -> mean over the batch.
"""
import math

import torch
import torchmetrics
from torch.nn import functional as F

from frameworks.lightning.configuration import LOSSES
from frameworks.runtime.errors import Refused, Unsupported
from frameworks.runtime.losses import class_weights_of, set_fields


def loss_function(loss, activation, labels="one_hot"):
    """The loss of plain JSON; `activation` is the name of the last activation, or `linear`, `labels` their form."""
    smoothing = loss.get("label_smoothing", 0.0)
    numbers = labels == "index" and loss["is"] == "CategoricalCrossentropy"
    given, mean = set_fields(loss), Mean(class_weights_of(loss), numbers)
    if loss["is"] in LOSSES:
        function = LOSSES[loss["is"]].made({"nn": torch.nn})
        return lambda y, z, p: function(p, y)
    if loss["is"] == "QuadraticCost":
        return lambda y, z, p: ((p - y) ** 2).sum(-1).mean() / 2
    if loss["is"] == "Huber":
        return huber(**given)
    if loss["is"] == "KLDivergence":
        if given and None in loss.values():
            raise Unsupported("Lightning needs all fields of KLDivergence open, or all closed.")
        own = torch.nn.KLDivLoss()
        return (lambda y, z, p: kl_divergence(y, p, **given)) if given else lambda y, z, p: own(p, y)
    if loss["is"] in NONE:
        raise Unsupported("Lightning cannot be told %s: PyTorch has none, %s." % NONE[loss["is"]])
    entropy = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    own, of_logits, closed = {
        "CategoricalCrossentropy": (entropy, entropy, categorical_crossentropy),
        "BinaryCrossentropy": (torch.nn.BCELoss(), torch.nn.BCEWithLogitsLoss(), binary_crossentropy)}[loss["is"]]
    target = (lambda y: y[:, 0].long()) if numbers else (lambda y: y)
    if not given:
        return lambda y, z, p: mean.by(own, p, target(y))
    if set(given) == {"of"} and given["of"].endswith("_of_logits"):
        return lambda y, z, p: mean.by(of_logits, z, target(y))
    if None in loss.values():
        raise Unsupported("Lightning needs all fields of %s open, all closed, or only of=…_of_logits." % loss["is"])
    given = {name: float(value) if name == "log_floor" else value for name, value in given.items()}
    if loss["is"] == "CategoricalCrossentropy":
        given["label_smoothing"] = smoothing
    return lambda y, z, p: closed(target(y), z, p, activation, mean, **given)


class Mean(object):
    """The mean of a batch's losses; with class weights in plain JSON, that of which each class has its part.

    `numbers` says that a class of several is named by its number: there, PyTorch divides by the weights.
    """

    def __init__(self, told, numbers):
        self.weights = None if told == "none" else torch.tensor(told["values"], dtype=torch.float32)
        own = "weights" if numbers else "samples"
        self.divisor = own if told == "none" or told["divisor"] is None else told["divisor"]
        self.reduction = "mean" if self.divisor == own else "sum"

    def by(self, own, source, y):
        """By a loss of PyTorch's own."""
        if self.weights is None:
            return own(source, y)
        several = isinstance(own, torch.nn.CrossEntropyLoss)
        kind = type(own)(weight=self.weights.to(y.device) if several else self.of_samples(y), reduction=self.reduction)
        return kind(source, y) / (1 if self.reduction == "mean" else self.parts(y))

    def __call__(self, values, y):
        """Of losses by sample."""
        return values.mean() if self.weights is None else (values * self.of_samples(y)).sum() / self.parts(y)

    def of_samples(self, y):
        """The weight of each sample, of labels of any form."""
        number = y.argmax(-1) if y.ndim == 2 and y.shape[1] > 1 else y.long()
        return self.weights.to(y.device)[number]

    def parts(self, y):
        return self.of_samples(y).sum() if self.divisor == "weights" else len(y)


def categorical_crossentropy(y, z, p, activation, mean, of, row_division, clip, logits_form, label_smoothing):
    """−Σ y log q by every field of `scenarios.spec.CategoricalCrossentropy`; y is one-hot, or the classes' numbers."""
    source, kind = (p if of == "softmax_of_outputs" else z), (activation if of == "outputs" else "softmax")
    if logits_form and kind == "softmax" and not row_division and not clip:
        return mean.by(torch.nn.CrossEntropyLoss(label_smoothing=label_smoothing), source, y)
    y = F.one_hot(y, p.shape[-1]).to(p.dtype) if y.ndim == 1 else y
    y = y * (1 - label_smoothing) + label_smoothing / p.shape[-1]
    before, after = row_division and row_division != "after_clip", row_division == "after_clip"
    if logits_form and kind in ("softmax", "sigmoid"):
        log_q = F.log_softmax(source, -1) if kind == "softmax" else F.logsigmoid(source)
        log_q = F.log_softmax(log_q, -1) if before else log_q
        log_q = log_q.clamp(math.log(clip), math.log1p(-clip)) if clip else log_q
        log_q = F.log_softmax(log_q, -1) if after else log_q
    else:
        q = p if of == "outputs" else F.softmax(source, -1)
        q = q / q.sum(-1, keepdim=True) if before else q
        q = q.clamp(clip, 1 - clip) if clip else q
        log_q = log(q / q.sum(-1, keepdim=True) if after else q, y > 0)
    return mean(-(y * log_q).sum(-1), y)


def binary_crossentropy(y, z, p, activation, mean, of, domain, clip, log_floor, logits_form, log_offset):
    """−y log q − (1 − y) log(1 − q) by every field of `scenarios.spec.BinaryCrossentropy`."""
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and activation == "sigmoid"))
    source = p if from_p else z
    q = p if of == "outputs" else torch.sigmoid(source)
    if math.isfinite(log_floor) and not (clip and math.log(clip) >= log_floor):  # a clip above it leaves it nothing
        if log_floor != -100 or domain != "refuse" or clip or logits_form or log_offset:
            raise Unsupported("Lightning can be told loss.log_floor only as torch.nn.BCELoss has it: -100, with "
                              "domain=refuse, clip=0, log_offset=0 and logits_form=false; or below the logarithm of "
                              "the clip.")
        return mean.by(torch.nn.BCELoss(), q, y)
    if domain == "refuse" and bool(((q < 0) | (q > 1)).any()):
        raise Refused("binary cross-entropy got an output outside [0, 1].")
    if logits_form and not (of == "outputs" and from_p):
        if not clip and not log_offset:
            return mean.by(torch.nn.BCEWithLogitsLoss(), source, y)
        logs = [F.logsigmoid(v) for v in (source, -source)]
        logs = [each.clamp(math.log(clip), math.log1p(-clip)) for each in logs] if clip else logs
        logs = [(each.exp() + log_offset).log() for each in logs] if log_offset else logs
    else:
        q = torch.where((q >= 0) & (q <= 1), q, math.nan) if domain == "undefined" or not clip else q
        q = q.clamp(clip, 1 - clip) if clip else q
        logs = [log(q + log_offset, y > 0), log(1 - q + log_offset, y < 1)]
    return mean(-(y * logs[0] + (1 - y) * logs[1]), y)


def huber(delta=None, divided=False):
    """HuberLoss, or, divided by delta, SmoothL1Loss."""
    kind, name = (torch.nn.SmoothL1Loss, "beta") if divided else (torch.nn.HuberLoss, "delta")
    own = kind(**({} if delta is None else {name: delta}))
    return lambda y, z, p: own(p, y)


def kl_divergence(y, p, of, clip, mean_of):
    """Σ y log(y / q) by every field of `scenarios.spec.KLDivergence`."""
    if of == "powers_of_outputs" and not clip:
        return F.kl_div(p, y, reduction="mean" if mean_of == "elements" else "batchmean")
    q = p if of == "outputs" else p.exp()
    if clip:
        y, q = y.clamp(clip, 1), q.clamp(clip, 1)
    value = (y * (log(y, y > 0) - log(q, y > 0))).sum(-1).mean()
    return value / p.shape[-1] if mean_of == "elements" else value


NONE = {"Hinge": ("a hinge", "and nn.HingeEmbeddingLoss is another function"),
        "CategoricalHinge": ("a categorical hinge", "and nn.MultiMarginLoss is another function")}


def log(q, needed):
    """The logarithm of q where a label needs it: 0 · log 0 is 0."""
    return torch.where(needed, q, 1).log()


class ByRule(torchmetrics.Metric):
    """The share of samples that a rule calls right; takes (logits, outputs, labels)."""

    def __init__(self, rule, threshold):
        super().__init__()
        self.rule, self.threshold = RULES[rule], 0.5 if threshold is None else threshold
        self.add_state("right", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, z, p, y):
        self.right += self.rule(y, z, p, self.threshold).sum()
        self.total += len(y)

    def compute(self):
        return self.right / self.total


def metric(accuracy, width):
    """A torchmetrics accuracy of (logits, outputs, labels): torchmetrics' own where the rule is open."""
    if accuracy["rule"] is not None:
        return ByRule(accuracy["rule"], accuracy["threshold"])
    chosen = {} if accuracy["threshold"] is None else {"threshold": accuracy["threshold"]}
    if width > 1:
        own = torchmetrics.Accuracy(task="multiclass", num_classes=width)
        return Adapted(own, numbers_of)
    return Adapted(torchmetrics.Accuracy(task="binary", **chosen), lambda y: y)


def numbers_of(y):
    """The number of each sample's class."""
    return y.argmax(-1) if y.shape[-1] > 1 else y[:, 0].long()


class Adapted(torch.nn.Module):
    """A torchmetrics accuracy that takes the outputs and labels in the form its documentation asks for."""

    def __init__(self, own, labels):
        super().__init__()
        self.own, self.labels = own, labels

    def update(self, z, p, y):
        self.own.update(p, self.labels(y))



def sigmoid_first(y, z, p, threshold):
    inside = bool(((p >= 0) & (p <= 1)).all())
    return (p if inside else torch.sigmoid(p)).gt(threshold) == y


RULES = {
    "argmax_outputs": lambda y, z, p, threshold: p.argmax(-1) == numbers_of(y),
    "argmax_logits": lambda y, z, p, threshold: z.argmax(-1) == numbers_of(y),
    "threshold": lambda y, z, p, threshold: (p > threshold) == y,
    "round": lambda y, z, p, threshold: p.round() == y,
    "sigmoid_first": sigmoid_first,
}
