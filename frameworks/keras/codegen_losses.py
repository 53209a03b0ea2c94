"""Writes the losses of `losses` into a program, and accuracies that Keras does not have."""
import os

from frameworks.codegen.source import names_of, numbered, source_of, width_of
from frameworks.keras import layers, losses, metrics
from frameworks.keras.configuration import by_weights
from frameworks.parts.losses import loss_part
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of, measured

ROW = 'y = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), %d)'


def last_activation(spec):
    """Returns the source of the last activation, which a program applies to the logits z."""
    call, = layers.activation(spec["layers"][-1], (), layers.TODAY)
    return call.source()


def loss_lines(spec, last, of_z):
    """Returns (lines of a loss function, or none where Keras has a loss for it; the argument `loss` of `compile`).

    `last` is the last activation, `of_z` whether the model returns the logits. Raises Unsupported where Keras cannot
    express a field.
    """
    loss, z = spec["loss"], "z" if of_z else "p"
    built = losses.LOSSES[loss["is"]](loss, losses.Setting(last, numbered(spec), width_of(spec), z))
    if isinstance(built, losses.KerasLoss) and built.of == z:
        more = {"reduction": "mean_with_sample_weight"} if by_weights(loss) else {}
        if not more or built.arguments or built.in_class:
            return [], built.compiled(**more)
        return [], "ByWeights(keras.losses.%s)" % built.function
    if isinstance(built, losses.KerasLoss) and loss_part(loss).of_logits:
        raise Unsupported("Keras does not support accuracy.rule=argmax_logits beside an open loss: one takes the "
                          "outputs, and the other what comes before them.")
    body = list(built.lines)
    if of_z and any("p" in names_of(line) for line in body):
        body.insert(0, "p = %s(z)" % last_activation(spec))
    return ["", "", "def loss(y, %s):" % z] + ["    " + line for line in body] + ["", ""], \
        "ByWeights(loss)" if by_weights(loss) else "loss"


def metric_function(spec, last, of_z):
    """Returns the lines of an accuracy function, or none where Keras has a metric for it."""
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


def weighed_test(spec):
    """Returns (lines that compute the sample weights of the test set, their variable); empty without weights."""
    weights = class_weights_of(measured(spec["loss"], False))
    if weights == "none":
        return [], ""
    number = "y_test.argmax(-1)" if spec["data"]["labels"] == "one_hot" else "y_test.ravel().astype(int)"
    values = [float(value) for value in weights["values"]]
    return ['of_test = np.array(%r, "float32")[%s]' % (values, number)], "of_test"


def divided(spec):
    """Returns the source of a loss that divides by the weights of a batch, where one is needed."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "class_weights.py")
    lines = source_of("ByWeights" if by_weights(spec["loss"]) else "", path)
    return [line.replace("LOSS", "keras.losses.Loss") for line in lines]
