"""Writes the metrics of `metrics` into a Keras program, and accuracies that Keras does not have."""
from frameworks.codegen.source import numbered, width_of
from frameworks.keras import metrics
from frameworks.keras.codegen_losses import last_activation

ROW = 'y = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), %d)'
"""The line that converts labels from class indices to one-hot rows."""


def metric_function(spec, last, of_z):
    """Returns the lines that define the function `accuracy`, or none where Keras has a metric for it.

    `last` is the name of the last activation, and `of_z` says whether the model returns the logits.
    """
    rule, threshold, width = spec["accuracy"]["rule"], spec["accuracy"]["threshold"], width_of(spec)
    if not of_z and rule in (None, "threshold", "argmax_outputs"):
        return []
    rule = rule or ("argmax_outputs" if width > 1 else "threshold")
    z = "z" if of_z else "p"
    largest = "keras.ops.equal(keras.ops.argmax(y, axis=-1), keras.ops.argmax(%s, axis=-1))"
    over = "keras.ops.equal(y > 0.5, %%s > %r)" % (0.5 if threshold is None else threshold)
    lines = {"argmax_outputs": ["right = " + largest % "p"], "argmax_logits": ["right = " + largest % z],
             "threshold": ["right = " + over % "p"], "round": ["right = keras.ops.equal(y, keras.ops.round(p))"],
             "sigmoid_first": ["inside = keras.ops.all(keras.ops.logical_and(p >= 0, p <= 1))",
                               "q = keras.ops.where(inside, p, keras.ops.sigmoid(p))", "right = " + over % "q"]}[rule]
    if numbered(spec):
        lines.insert(0, ROW % width)
    if of_z and rule != "argmax_logits":
        lines.insert(0, "p = %s(z)" % last_activation(spec))
    lines += ['right = keras.ops.cast(right, "float32")',
              "return right" if width > 1 else "return keras.ops.mean(right, axis=-1)"]
    return ["", "", "def accuracy(y, %s):" % z] + ["    " + line for line in lines] + ["", ""]


def metric_calls(spec, of_z):
    """Returns the source of each metric, which is of a class of `metric_classes` where the model returns the logits."""
    calls = [metrics.METRICS[metric["is"]](metric, width_of(spec)) for metric in spec["metrics"]]
    return [call.source()[call.name.rindex(".") + 1:] if of_z else call.source() for call in calls]


def metric_classes(spec, of_z):
    """Returns the lines of metrics that apply the last activation, where the model returns the logits."""
    lines = []
    for metric in spec["metrics"] if of_z else ():
        name = metrics.METRICS[metric["is"]](metric, width_of(spec)).name
        lines += ["", "", "class %s(%s):" % (name.rpartition(".")[2], name),
                  "    def update_state(self, y, z, sample_weight=None):",
                  "        return super().update_state(y, %s(z), sample_weight)" % last_activation(spec), "", ""]
    return lines
