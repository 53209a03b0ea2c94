"""Metrics of a spec as calls of Keras's classes. An unset field is an argument left out.

A builder takes the metric as plain JSON and the number of outputs, and returns a call of a class; the name of the
metric in `fit` is that of `frameworks.parts.metrics`. Where Keras cannot express a field, a builder raises Unsupported.
`networks` instantiates the call, `codegen` renders it as source. To add a metric, write its builder and add it to
`METRICS`. Imports no Keras.
"""
from frameworks.runtime.call import Call, Expression, set_arguments
from frameworks.runtime.errors import Unsupported


def mean_absolute_error(metric, width):
    return Call("keras.metrics.MeanAbsoluteError")


def mean_squared_error(metric, width):
    return Call("keras.metrics.MeanSquaredError")


def binary_accuracy(metric, width):
    """Applies a sigmoid to outputs outside [0, 1], where `sigmoid` says so, as torchmetrics does."""
    threshold = set_arguments(metric, threshold="threshold")
    if metric["sigmoid"] != "outside":
        return Call("keras.metrics.BinaryAccuracy", **threshold)
    inside = "keras.ops.where(keras.ops.all(keras.ops.logical_and(p >= 0, p <= 1)), p, keras.ops.sigmoid(p))"
    passed = "".join(", %s=%r" % each for each in threshold.items())
    return Call("keras.metrics.MeanMetricWrapper",
                Expression("lambda y, p: keras.metrics.binary_accuracy(y, %s%s)" % (inside, passed)), "binary_accuracy")


def root_mean_squared_error(metric, width):
    return Call("keras.metrics.RootMeanSquaredError")


def categorical_accuracy(metric, width):
    """Keras's is the share of correct samples, which is the micro average."""
    if metric["average"] == "macro":
        raise Unsupported("Keras does not support CategoricalAccuracy.average=macro.")
    return Call("keras.metrics.CategoricalAccuracy")


def auc(metric, width):
    """Keras's AUC has 200 thresholds, or the number that is set."""
    if metric["thresholds"] == "all":
        raise Unsupported("Keras does not support AUC.thresholds=all: it has a fixed number of them.")
    return _named("auc", Call("keras.metrics.AUC", **set_arguments(metric, thresholds="num_thresholds")))


def precision(metric, width):
    return _named("precision", Call("keras.metrics.Precision", **LARGEST[metric["predicted"]]))


def recall(metric, width):
    return _named("recall", Call("keras.metrics.Recall", **LARGEST[metric["predicted"]]))


def f1_score(metric, width):
    if (metric["average"], metric["absent"]) == ("macro", "left_out"):
        raise Unsupported("Keras does not support F1Score.absent=left_out.")
    return Call("keras.metrics.F1Score", average=metric["average"])


def _named(name, call):
    """Returns the call with a name: without one, Keras numbers the metrics of a process, as in `auc_1`."""
    call.kwargs["name"] = name
    return call


LARGEST = {"above_half": {"thresholds": 0.5}, "largest": {"top_k": 1}, None: {}}
"""By the field `predicted` of precision and recall, the arguments of Keras's classes."""
METRICS = {"MeanAbsoluteError": mean_absolute_error, "MeanSquaredError": mean_squared_error,
           "RootMeanSquaredError": root_mean_squared_error, "BinaryAccuracy": binary_accuracy,
           "CategoricalAccuracy": categorical_accuracy, "AUC": auc,
           "Precision": precision, "Recall": recall, "F1Score": f1_score}
"""Builders by the name of the spec class: (metric, number of outputs) -> call."""
