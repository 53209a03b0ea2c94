"""Writes the losses of `losses` into a Keras program."""
import os

from frameworks.codegen.source import names_of, numbered, paths_of, source_of, width_of
from frameworks.keras import layers, losses
from frameworks.keras.configuration import reduction
from frameworks.parts.losses import loss_part
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import class_weights_of, measured


def last_activation(spec):
    """Returns the source of the last activation, which a program applies to the logits z."""
    call, = layers.activation(spec["layers"][-1], (), layers.TODAY)
    return call.source()


def loss_lines(spec, last, of_z):
    """Returns (lines that define a loss function, the argument `loss` of `compile`).

    There are no lines where Keras has the loss. `last` is the name of the last activation, or `linear`, and `of_z` says
    whether the model returns the logits. Raises Unsupported where Keras cannot express a field.
    """
    loss, z = spec["loss"], "z" if of_z else "p"
    built = losses.LOSSES[loss["is"]](loss, losses.Setting(last, numbered(spec), width_of(spec), z))
    if isinstance(built, losses.KerasLoss) and built.of == z:
        if not reduction(spec) or built.arguments or built.in_class:
            return [], built.compiled(**reduction(spec))
        return [], "ByWeights(keras.losses.%s)" % built.function
    if isinstance(built, losses.KerasLoss) and loss_part(loss).of_logits:
        raise Unsupported("Keras does not support accuracy.rule=argmax_logits with an unset field of the loss: the "
                          "accuracy needs the logits, and the loss the outputs.")
    body = list(built.lines)
    if of_z and any("p" in names_of(line) for line in body):
        body.insert(0, "p = %s(z)" % last_activation(spec))
    return ["", "", "def loss(y, %s):" % z] + ["    " + line for line in body] + ["", ""], \
        "ByWeights(loss)" if reduction(spec) else "loss"


def weighed_test(spec):
    """Returns (lines that compute the sample weights of the test set, their variable); empty without weights."""
    weights = class_weights_of(measured(spec["loss"], False))
    if weights == "none":
        return [], ""
    number = "y_test.argmax(-1)" if spec["data"]["labels"] == "one_hot" else "y_test.ravel().astype(int)"
    values = [float(value) for value in weights["values"]]
    return ['of_test = np.array(%r, "float32")[%s]' % (values, number)], "of_test"


def weighed_training(spec):
    """Returns the line that sets the weights of the training samples; empty without sample weights."""
    weights = spec["training"]["sample_weight"]
    if weights == "none":
        return []
    return [('weights = np.resize(np.float32(%r), len(x_train))' % [float(value) for value in weights["values"]],) +
            paths_of("training.sample_weight", weights)]


def divided(spec):
    """Returns the source of the class `ByWeights` if the loss is divided by the weights of a batch; else no lines."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample_weights.py")
    lines = source_of("ByWeights" if reduction(spec) else "", path)
    return [line.replace("LOSS", "keras.losses.Loss") for line in lines]
