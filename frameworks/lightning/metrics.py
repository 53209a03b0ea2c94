"""Metrics of a spec as calls of torchmetrics classes. The argument of an unset field is omitted.

A builder takes the metric as plain JSON and the number of outputs, and returns a call. The `update` of its object takes
(outputs, labels). `model` instantiates the call, `codegen` renders it as source. To add a metric, add its builder and
its entry in `METRICS`. No PyTorch is imported.
"""

from __future__ import annotations

from typing import Any, Callable

from frameworks.protocol import Json
from frameworks.runtime.call import Call, Expression, set_arguments


def mean_absolute_error(metric: Json, width: int) -> Call:
    """torchmetrics.MeanAbsoluteError."""
    return Call("torchmetrics.MeanAbsoluteError")


def mean_squared_error(metric: Json, width: int) -> Call:
    """torchmetrics.MeanSquaredError."""
    return Call("torchmetrics.MeanSquaredError")


def binary_accuracy(metric: Json, width: int) -> Call:
    """torchmetrics.Accuracy, binary or multilabel. With `sigmoid` = never, it gets integers: torchmetrics applies a
    sigmoid to floating-point outputs only (functional/classification/stat_scores.py:108, version 1.9)."""
    task: dict[str, Any] = {"task": "binary"} if width == 1 else {"task": "multilabel", "num_labels": width}
    if metric["sigmoid"] == "never":
        threshold = 0.5 if metric["threshold"] is None else metric["threshold"]
        return _of_numbers(Call("torchmetrics.Accuracy", **task), "(p > %r).int()" % threshold)
    return _of_numbers(Call("torchmetrics.Accuracy", **task, **set_arguments(metric, threshold="threshold")))


def root_mean_squared_error(metric: Json, width: int) -> Call:
    """torchmetrics.MeanSquaredError with `squared=False`."""
    return Call("torchmetrics.MeanSquaredError", squared=False)


def categorical_accuracy(metric: Json, width: int) -> Call:
    """torchmetrics.classification.MulticlassAccuracy."""
    return _of_indices(Call("torchmetrics.classification.MulticlassAccuracy", num_classes=width,
                            **set_arguments(metric, average="average")))


def auc(metric: Json, width: int) -> Call:
    """torchmetrics.AUROC. With a number of thresholds, outputs are clipped to [0, 1) beforehand: torchmetrics applies a
    sigmoid to all outputs of a batch if one lies outside [0, 1], and an output of 1 reaches its last threshold, 1."""
    if metric["thresholds"] in (None, "all"):
        return _of_numbers(Call("torchmetrics.AUROC", task="binary"))
    return _of_numbers(Call("torchmetrics.AUROC", task="binary", thresholds=metric["thresholds"]),
                       "p.clamp(0, 1 - 1e-6)")


def precision(metric: Json, width: int) -> Call:
    """torchmetrics.Precision."""
    return _of_classes("torchmetrics.Precision", metric, width)


def recall(metric: Json, width: int) -> Call:
    """torchmetrics.Recall."""
    return _of_classes("torchmetrics.Recall", metric, width)


def f1_score(metric: Json, width: int) -> Call:
    """torchmetrics.F1Score. Its multilabel form gives a class that does not occur a score of 0; the multiclass form
    leaves it out (torchmetrics/utilities/compute.py:92, version 1.9)."""
    if metric["average"] == "macro" and metric["absent"] == "zero":
        return _of_numbers(Call("torchmetrics.F1Score", task="multilabel", num_labels=width, average="macro"),
                           "nn.functional.one_hot(p.argmax(-1), %d)" % width)
    return _of_indices(Call("torchmetrics.F1Score", task="multiclass", num_classes=width, average=metric["average"]))


def _of_classes(name: str, metric: Json, width: int) -> Call:
    if metric["predicted"] == "above_half":
        return _of_numbers(Call(name, task="multilabel", num_labels=width), "(p > 0.5).int()")
    return _of_indices(Call(name, task="multiclass", num_classes=width))


def _of_numbers(call: Call, predicted: str = "") -> Call:
    """A metric that gets the labels 0 and 1 as integers, and `predicted`, an expression of p, or the outputs p."""
    outputs = {"transform_pred": Expression("lambda p: " + predicted)} if predicted else {}
    return Call("torchmetrics.wrappers.LambdaInputTransformer", call, **outputs,
                transform_target=Expression("lambda y: y.int()"))


def _of_indices(call: Call) -> Call:
    """Return a metric that gets one-hot labels as class indices."""
    return Call("torchmetrics.wrappers.LambdaInputTransformer", call,
                transform_target=Expression("lambda y: y.argmax(-1)"))


METRICS: dict[str, Callable[[Json, int], Call]] = {
    "MeanAbsoluteError": mean_absolute_error, "MeanSquaredError": mean_squared_error,
    "RootMeanSquaredError": root_mean_squared_error, "BinaryAccuracy": binary_accuracy,
    "CategoricalAccuracy": categorical_accuracy, "AUC": auc,
    "Precision": precision, "Recall": recall, "F1Score": f1_score}
"""By the name of a class of the spec: (metric, number of outputs) -> call."""
