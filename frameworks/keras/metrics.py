"""Metrics of a spec as calls of Keras's classes. An unset field is an argument left out.

A builder takes the metric as plain JSON and the number of outputs, and returns a call of a class whose name in `fit` is
that of `frameworks.parts.metrics`. `networks` instantiates the call, `codegen` renders it as source. To add a metric,
write its builder and add it to `METRICS`. Imports no Keras.
"""
from frameworks.runtime.call import Call


def mean_absolute_error(metric, width):
    return Call("keras.metrics.MeanAbsoluteError")


def mean_squared_error(metric, width):
    return Call("keras.metrics.MeanSquaredError")


METRICS = {"MeanAbsoluteError": mean_absolute_error, "MeanSquaredError": mean_squared_error}
"""Builders by the name of the spec class: (metric, number of outputs) -> call."""
