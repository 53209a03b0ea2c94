"""One file per metric: its definition in NumPy, its default rules, and examples from which tests are generated.

To add a metric, add its class to `scenarios/spec/metrics.py`, its file and its entry in `METRICS` here, and its builder
to `keras/metrics.py` and `lightning/metrics.py`. `tests/unit/test_parts.py` reports what is missing.

Python 3.6 and NumPy 1.16, since workers of old Keras versions import this package.
"""
import importlib

METRICS = {"MeanAbsoluteError": "mean_absolute_error", "MeanSquaredError": "mean_squared_error",
           "RootMeanSquaredError": "root_mean_squared_error", "BinaryAccuracy": "binary_accuracy",
           "CategoricalAccuracy": "categorical_accuracy", "AUC": "auc",
           "Precision": "precision", "Recall": "recall", "F1Score": "f1_score"}
"""By the name of a class of the spec, the module of this package that defines its `PART`.

The name of the module is also that of the metric in a trace, as in `reported/train/mean_squared_error`.
"""


def metric_part(metric):
    """Return the `MetricPart` of a metric, which is given as plain JSON or by the name of its class."""
    name = metric if isinstance(metric, str) else metric["is"]
    return importlib.import_module("frameworks.parts.metrics." + METRICS[name]).PART


def metric_names(spec):
    """Return the names of the metrics of a spec in plain JSON, as in a trace, in the order of the spec."""
    return [METRICS[metric["is"]] for metric in spec["metrics"]]


def values_of(spec, labels, outputs):
    """Return the value of each metric of a spec in plain JSON, by name; `labels` and `outputs` are those of `value`."""
    return {METRICS[metric["is"]]: float(metric_part(metric).value(metric, labels, outputs))
            for metric in spec["metrics"]}
