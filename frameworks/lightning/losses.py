"""Losses and accuracies of a spec in PyTorch and torchmetrics.

If the fields of a loss or an accuracy are unset, it is the closest class of the library; if they are set, it is
computed by the functions here. A loss is a function (labels y, logits z, outputs p) -> mean over the batch.
"""
import math

import torch
import torchmetrics
from torch.nn import functional as F

from frameworks.lightning.configuration import LOSSES
from frameworks.runtime.errors import Refused, Unsupported
from frameworks.runtime.losses import class_weights_of, set_fields


def loss_function(loss, activation, labels="one_hot"):
    """Return the function of a loss in plain JSON.

    `activation` is the name of the last activation, or `linear`; `labels` is `one_hot` or `index`. Raises Unsupported
    if PyTorch cannot be configured with the value of a field.
    """
    smoothing = loss.get("label_smoothing", 0.0)
    indices = labels == "index" and loss["is"] == "CategoricalCrossentropy"
    fields, mean = set_fields(loss), Mean(class_weights_of(loss), indices)
    if loss["is"] in LOSSES:
        function = LOSSES[loss["is"]].made({"nn": torch.nn})
        return lambda y, z, p: function(p, y)
    if loss["is"] == "QuadraticCost":
        return lambda y, z, p: ((p - y) ** 2).sum(-1).mean() / 2
    if loss["is"] == "Huber":
        return huber(**fields)
    if loss["is"] == "KLDivergence":
        if fields and None in loss.values():
            raise Unsupported("Lightning needs all fields of KLDivergence unset, or all set.")
        divergence = torch.nn.KLDivLoss()
        return (lambda y, z, p: kl_divergence(y, p, **fields)) if fields else lambda y, z, p: divergence(p, y)
    if loss["is"] in NONE:
        raise Unsupported("Lightning cannot be told %s: PyTorch has none, %s." % NONE[loss["is"]])
    entropy = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    of_outputs, of_logits, resolved = {
        "CategoricalCrossentropy": (entropy, entropy, categorical_crossentropy),
        "BinaryCrossentropy": (torch.nn.BCELoss(), torch.nn.BCEWithLogitsLoss(), binary_crossentropy)}[loss["is"]]
    target = (lambda y: y[:, 0].long()) if indices else (lambda y: y)
    if not fields:
        return lambda y, z, p: mean.by_module(of_outputs, p, target(y))
    if set(fields) == {"of"} and fields["of"].endswith("_of_logits"):
        return lambda y, z, p: mean.by_module(of_logits, z, target(y))
    if None in loss.values():
        raise Unsupported("Lightning needs all fields of %s unset, all set, or only of=…_of_logits." % loss["is"])
    fields = {name: float(value) if name == "log_floor" else value for name, value in fields.items()}
    if loss["is"] == "CategoricalCrossentropy":
        fields["label_smoothing"] = smoothing
    return lambda y, z, p: resolved(target(y), z, p, activation, mean, **fields)


class Mean(object):
    """The mean of the losses in a batch, weighted by class if `class_weights` (plain JSON) are not `none`.

    `indices`: whether labels are class indices of a model with several outputs. With those, PyTorch divides the sum of
    the weighted losses by the sum of the weights by default, and otherwise by the number of samples.
    """

    def __init__(self, class_weights, indices):
        unweighted = class_weights == "none"
        self.weights = None if unweighted else torch.tensor(class_weights["values"], dtype=torch.float32)
        default = "weights" if indices else "samples"
        self.divisor = default if unweighted or class_weights["divisor"] is None else class_weights["divisor"]
        self.reduction = "mean" if self.divisor == default else "sum"

    def by_module(self, loss, source, y):
        """Return the mean that a loss module of PyTorch computes."""
        if self.weights is None:
            return loss(source, y)
        by_class = isinstance(loss, torch.nn.CrossEntropyLoss)
        weight = self.weights.to(y.device) if by_class else self.of_samples(y)
        weighted = type(loss)(weight=weight, reduction=self.reduction)
        return weighted(source, y) / (1 if self.reduction == "mean" else self.divisor_of(y))

    def __call__(self, values, y):
        """Return the mean of the losses of the samples."""
        return values.mean() if self.weights is None else (values * self.of_samples(y)).sum() / self.divisor_of(y)

    def of_samples(self, y):
        """Return the weight of each sample; labels are one-hot or class indices."""
        index = y.argmax(-1) if y.ndim == 2 and y.shape[1] > 1 else y.long()
        return self.weights.to(y.device)[index]

    def divisor_of(self, y):
        """Return the sum of the weights of the samples, or their number."""
        return self.of_samples(y).sum() if self.divisor == "weights" else len(y)


def categorical_crossentropy(y, z, p, activation, mean, of, row_division, clip, logits_form, label_smoothing):
    """Compute −Σ y log q, with every field of `scenarios.spec.CategoricalCrossentropy`.

    Labels y are one-hot, or class indices of shape (batch,). `mean` is a `Mean`.
    """
    source, kind = (p if of == "softmax_of_outputs" else z), (activation if of == "outputs" else "softmax")
    if logits_form and kind == "softmax" and not row_division and not clip:
        return mean.by_module(torch.nn.CrossEntropyLoss(label_smoothing=label_smoothing), source, y)
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
    """Compute −y log q − (1 − y) log(1 − q), with every field of `scenarios.spec.BinaryCrossentropy`.

    `mean` is a `Mean`. Raises Refused for outputs outside [0, 1] if domain="refuse", and Unsupported for a `log_floor`
    that BCELoss does not have.
    """
    from_p = of == "sigmoid_of_outputs" or (of == "outputs" and not (logits_form and activation == "sigmoid"))
    source = p if from_p else z
    q = p if of == "outputs" else torch.sigmoid(source)
    if math.isfinite(log_floor) and not (clip and math.log(clip) >= log_floor):  # no effect above a clip
        if log_floor != -100 or domain != "refuse" or clip or logits_form or log_offset:
            raise Unsupported("Lightning can be told loss.log_floor only as torch.nn.BCELoss has it: -100, with "
                              "domain=refuse, clip=0, log_offset=0 and logits_form=false; or below the logarithm of "
                              "the clip.")
        return mean.by_module(torch.nn.BCELoss(), q, y)
    if domain == "refuse" and bool(((q < 0) | (q > 1)).any()):
        raise Refused("binary cross-entropy got an output outside [0, 1].")
    if logits_form and not (of == "outputs" and from_p):
        if not clip and not log_offset:
            return mean.by_module(torch.nn.BCEWithLogitsLoss(), source, y)
        logs = [F.logsigmoid(v) for v in (source, -source)]
        logs = [v.clamp(math.log(clip), math.log1p(-clip)) for v in logs] if clip else logs
        logs = [(v.exp() + log_offset).log() for v in logs] if log_offset else logs
    else:
        q = torch.where((q >= 0) & (q <= 1), q, math.nan) if domain == "undefined" or not clip else q
        q = q.clamp(clip, 1 - clip) if clip else q
        logs = [log(q + log_offset, y > 0), log(1 - q + log_offset, y < 1)]
    return mean(-(y * logs[0] + (1 - y) * logs[1]), y)


def huber(delta=None, divided=False):
    """Return the function of a Huber loss: HuberLoss, or, if it is divided by delta, SmoothL1Loss."""
    kind, name = (torch.nn.SmoothL1Loss, "beta") if divided else (torch.nn.HuberLoss, "delta")
    loss = kind(**({} if delta is None else {name: delta}))
    return lambda y, z, p: loss(p, y)


def kl_divergence(y, p, of, clip, mean_of):
    """Compute Σ y log(y / q), with every field of `scenarios.spec.KLDivergence`."""
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
    """Return log q where a label needs it, and 0 elsewhere, so that 0 · log 0 is 0."""
    return torch.where(needed, q, 1).log()


class ByRule(torchmetrics.Metric):
    """The share of samples that are correct by a rule of `RULES`; `update` takes (logits, outputs, labels)."""

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
    """Return an accuracy whose `update` takes (logits, outputs, labels): that of torchmetrics if the rule is unset.

    `width` is the number of outputs.
    """
    if accuracy["rule"] is not None:
        return ByRule(accuracy["rule"], accuracy["threshold"])
    if width > 1:
        return Adapted(torchmetrics.Accuracy(task="multiclass", num_classes=width), numbers_of)
    options = {} if accuracy["threshold"] is None else {"threshold": accuracy["threshold"]}
    return Adapted(torchmetrics.Accuracy(task="binary", **options), lambda y: y)


def numbers_of(y):
    """Return the class index of each sample; labels are one-hot or class indices of shape (batch, 1)."""
    return y.argmax(-1) if y.shape[-1] > 1 else y[:, 0].long()


class Adapted(torch.nn.Module):
    """A torchmetrics accuracy; `labels` converts the labels to the form that its documentation requires."""

    def __init__(self, metric, labels):
        super().__init__()
        self.metric, self.labels = metric, labels

    def update(self, z, p, y):
        self.metric.update(p, self.labels(y))


def sigmoid_first(y, z, p, threshold):
    """Which samples are correct by torchmetrics' rule: if any output lies outside [0, 1], sigmoid is applied to all."""
    inside = bool(((p >= 0) & (p <= 1)).all())
    return (p if inside else torch.sigmoid(p)).gt(threshold) == y


RULES = {
    "argmax_outputs": lambda y, z, p, threshold: p.argmax(-1) == numbers_of(y),
    "argmax_logits": lambda y, z, p, threshold: z.argmax(-1) == numbers_of(y),
    "threshold": lambda y, z, p, threshold: (p > threshold) == y,
    "round": lambda y, z, p, threshold: p.round() == y,
    "sigmoid_first": sigmoid_first,
}
"""By name: (labels, logits, outputs, threshold) -> which samples are correct."""
