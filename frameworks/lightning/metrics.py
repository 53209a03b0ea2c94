"""Metrics of a spec as calls of torchmetrics classes. The argument of an unset field is omitted.

A builder takes the metric as plain JSON and the number of outputs, and returns a call. The `update` of its object takes
(outputs, labels). `model` instantiates the call, `codegen` renders it as source. To add a metric, add its builder and
its entry in `METRICS`. No PyTorch is imported.
"""

from __future__ import annotations

from typing import Callable

from frameworks.protocol import Plain
from frameworks.runtime.call import Call


def mean_absolute_error(metric: Plain, width: int) -> Call:
    return Call("torchmetrics.MeanAbsoluteError")


def mean_squared_error(metric: Plain, width: int) -> Call:
    return Call("torchmetrics.MeanSquaredError")


METRICS: dict[str, Callable[[Plain, int], Call]] = {
    "MeanAbsoluteError": mean_absolute_error, "MeanSquaredError": mean_squared_error}
"""By the name of a class of the spec: (metric, number of outputs) -> call."""
