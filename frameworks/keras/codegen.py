"""Writes a spec as the Keras program that a user would write; what all programs share is in `frameworks.codegen`.

A line is a string, or a tuple of a string and the paths of the fields that it sets, as in `training.batch_size`. An
unset field is an argument left out. The model of a program returns its outputs p. Where the loss or the accuracy needs
the logits z (the input of the last activation), it returns z instead, and functions in the program apply the
activation; `of_z` says so. The texts in capitals are those that `frameworks.codegen` needs of a framework.
"""

import math
import os

from frameworks.codegen.source import (
    field_of,
    last_of,
    numbered,
    of_a_run,
    ordered,
    paths_of,
    source_of,
    width_of,
)
from frameworks.keras import codegen_losses, codegen_metrics, configuration
from frameworks.keras import layers as layers_of_keras
from frameworks.keras.codegen_optimizers import (
    OPTIMIZERS,
    call_lines,
    class_definitions,
    optimizer_lines,
    schedule_lines,
)
from frameworks.parts.losses import loss_part
from frameworks.parts.regularizers import of_activity
from frameworks.runtime.errors import Unsupported

TITLE = "Keras"
CALLBACKS = os.path.join(os.path.dirname(OPTIMIZERS), "callbacks.py")
SEED = ["keras.utils.set_random_seed(0)"]
DOWNLOAD = ["(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()"]
ONE_HOT = "keras.utils.to_categorical({y}, {classes})"
INDEX = '{y}.astype("float32").reshape(-1, 1)'
NUMBER = '{y}.astype("int64")'
TENSOR = "{x}"
CHANNEL = "[..., np.newaxis]"


def imports(spec, backend):
    """Returns the import lines. With Keras on PyTorch, they hide TensorFlow: importing both aborts the interpreter."""
    alone = ["# keras.utils.set_random_seed would import TensorFlow, which crashes beside torch",
             'sys.modules["tensorflow"] = None'] if backend == "torch" else []
    return ['os.environ["KERAS_BACKEND"] = "%s"' % backend] + alone + ["import keras", "import numpy as np"] + \
        (["from keras import ops"] if any("ops." in line for line in class_definitions(spec["optimizer"])) else [])


def training(spec, shapes):
    """Returns the lines of model, loss, optimizer and training; `shapes` are the shapes of a sample before every layer.

    Raises Unsupported where Keras cannot express a field.
    """
    last = last_of(spec)
    layers_of_keras.require_reported(spec["layers"])
    of_z = last != "linear" and (spec["accuracy"]["rule"] == "argmax_logits" or
                                 loss_part(spec["loss"]).reads_logits(spec["loss"], last))
    loss_lines, loss = codegen_losses.loss_lines(spec, last, of_z)
    return class_definitions(spec["optimizer"]) + codegen_losses.divided(spec) + \
        loss_lines + codegen_metrics.metric_function(spec, last, of_z) + codegen_metrics.metric_classes(spec, of_z) + \
        _model(spec["layers"], shapes, of_z) + _compiled(spec, loss, of_z) + _fitted(spec)


def _model(layers, shapes, of_z):
    lines = ["model = keras.Sequential([", "    keras.Input(x_train.shape[1:]),"]
    stacked = layers[:-1] if of_z else layers
    for place, (layer, shape) in enumerate(zip(stacked, shapes)):
        following = stacked[place + 1] if place + 1 < len(stacked) else {"is": ""}
        argument, argument_paths = _activation_argument(following, place + 1)
        if layer["is"] == "Activation":
            if not _activation_argument(layer, place)[0] or place == 0 or not _takes_activation(stacked[place - 1]):
                call, = layers_of_keras.activation(layer, shape, layers_of_keras.TODAY)
                lines.append(("    %s," % call.source(),) + _activation_argument(layer, place)[1])
            continue
        *before, call = layers_of_keras.LAYERS[layer["is"]](layer, shape, layers_of_keras.TODAY)
        arguments = call.arguments()
        paths = paths_of("layers.%d" % place, layer)
        if _takes_activation(layer):
            arguments += ['activation="%s"' % argument] if argument else []
            paths += argument_paths if argument else ()
        arguments += [] if layer.get("trainable", True) else ["trainable=False"]
        lines += ["    %s," % preceding.source() for preceding in before]
        lines += call_lines("    %s(" % call.name, arguments, "),", paths)
    return lines + ["])"]


def _takes_activation(layer):
    """Returns whether a layer gets the activation after it as an argument.

    It does not with a regularizer of its activity, which would then apply after the activation.
    """
    return layer["is"] in configuration.WITH_ACTIVATION and of_activity(layer) is None


def _activation_argument(layer, place):
    """Returns (the argument `activation` for the layer before an activation, the paths of the fields that it sets).

    The argument is "" where the activation has no name in Keras, and where `layer` is not an activation.
    """
    if layer["is"] != "Activation":
        return "", ()
    name, value, fields = field_of(layer["function"])
    known = layers_of_keras.ACTIVATIONS.get(name, name if isinstance(layer["function"], str) else "")
    return known if value is None else "", tuple("layers.%d.%s" % (place, field) for field in fields)


def _compiled(spec, loss, of_z):
    accuracy, width = spec["accuracy"], width_of(spec)
    sparse = "Sparse" if numbered(spec) else ""
    if accuracy["rule"] is None and (accuracy["threshold"] is None or width > 1) and not of_z:
        metric = '"accuracy"'
    elif accuracy["rule"] in (None, "threshold") and not of_z:
        threshold = "" if accuracy["threshold"] is None else ", threshold=%r" % accuracy["threshold"]
        metric = 'keras.metrics.BinaryAccuracy("accuracy"%s)' % threshold
    elif accuracy["rule"] == "argmax_outputs" and not of_z:
        metric = 'keras.metrics.%sCategoricalAccuracy("accuracy")' % sparse
    else:
        metric = "accuracy"
    metrics = [metric] + codegen_metrics.metric_calls(spec, of_z)
    return schedule_lines(spec) + ["model.compile("] + optimizer_lines(spec["optimizer"]) + [
            ("    loss=%s," % loss,) + paths_of("loss", spec["loss"]),
            ("    %s=[%s]," % (configuration.metrics_argument(spec), ", ".join(metrics)),) +
            paths_of("accuracy", accuracy) +
            tuple(path for place, fields in enumerate(spec["metrics"])
                  for path in paths_of("metrics.%d" % place, fields)), ")"]


def _callbacks(spec):
    """Returns (the lines that create the callbacks of a spec, their names)."""
    rate, early_stopping, lines, calls = spec["optimizer"]["learning_rate"], spec["training"]["early_stopping"], [], {}
    if configuration.on_plateau(rate):
        name, arguments = configuration.plateau(rate)
        is_ours = name != "ReduceLROnPlateau"
        lines += source_of(name if is_ours else "", CALLBACKS) + ["", ""] * is_ours
        calls["plateau"] = ("" if is_ours else "keras.callbacks.") + name, arguments, \
            paths_of("optimizer.learning_rate", rate)
    if early_stopping != "none":
        names, arguments = configuration.stopping(early_stopping)
        lines += [line for name in names for line in source_of(name, CALLBACKS)]
        if names:
            lines += ["", "", "class Stopping(%s, keras.callbacks.EarlyStopping):" % ", ".join(names)]
            lines += ["    pass", "", ""]
        calls["stopping"] = "Stopping" if names else "keras.callbacks.EarlyStopping", arguments, \
            paths_of("training.early_stopping", early_stopping)
    for name in ("once", "ended") if calls and ordered(spec) else ():
        lines += source_of(name, CALLBACKS)
    lines += ["", ""] if calls else []
    for name, (kind, arguments, paths) in calls.items():
        lines += call_lines("%s = %s(" % (name, kind), ["%s=%r" % each for each in arguments.items()], ")", paths)
    return lines, list(calls)


def _report(printed_rate):
    """Returns the lines of the callback that prints what `fit` reports, and the learning rate where it is printed."""
    rate = "float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))"
    if printed_rate == "first_step":
        return ["rates = []", "report = keras.callbacks.LambdaCallback(",
                "    on_epoch_begin=lambda epoch, logs: rates.append(%s)," % rate,
                "    on_epoch_end=lambda epoch, logs: print(epoch + 1, dict(logs, learning_rate=rates[-1])))"]
    if printed_rate == "none":
        return ["report = keras.callbacks.LambdaCallback(",
                "    on_epoch_end=lambda epoch, logs: print(epoch + 1, logs))"]
    return ["report = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(",
            ("    epoch + 1, dict(logs, learning_rate=%s)))" % rate, "training.printed_rate")]


def _fitted(spec):
    settings, epochs, callbacks = spec["training"], spec["training"]["epochs"], ["report"]
    configuration.require_epoch_loss(settings)
    lines = _report(settings["printed_rate"])
    if float(settings["stop_below"]) > -math.inf:
        lines = ["", "", "class StopBelow(keras.callbacks.Callback):", "    def on_epoch_end(self, epoch, logs=None):",
                 '        if logs["loss"] < %s:' % settings["stop_below"],
                 "            self.model.stop_training = True",
                 "", ""] + lines
        callbacks.append("StopBelow()")
    definitions, names = _callbacks(spec)
    lines, callbacks = definitions + lines, names + callbacks
    batch = {"all": ["batch_size=len(x_train)"], None: []}.get(settings["batch_size"],
                                                               ["batch_size=%s" % settings["batch_size"]])
    weight_lines, weights_name = codegen_losses.weighed_test(spec)
    lines += weight_lines + codegen_losses.weighed_training(spec)
    is_weighed = settings["sample_weight"] != "none"
    rest = ["class_weight=%r" % weights for weights in configuration.class_weight(spec["loss"]).values()]
    if settings["validate"]:
        rest.append("validation_data=(x_test, y_test%s)" % (weights_name and ", " + weights_name))
    rest += ["callbacks=[%s]" % ", ".join(callbacks), "verbose=0"]
    if settings["shuffle"] == "once":
        raise Unsupported("Keras's fit has no argument that says whether to shuffle once or for every epoch.")
    shuffle = [] if settings["shuffle"] is None else ["shuffle=%s" % settings["shuffle"]]
    paths = "training.batch_size", "training.shuffle"
    by_itself = ["x_train", "y_train"] + batch + ["epochs=%d" % epochs] + shuffle
    lines += ["", "if len(sys.argv) == 1:"] + call_lines(
        "    model.fit(", by_itself + ["sample_weight=weights"] * is_weighed + rest, ")", paths)
    else_line, weight_names = of_a_run(spec)
    lines += [else_line, "    with np.load(sys.argv[1]) as start:",
              "        model.set_weights([start[name] for name in %s])" % weight_names]
    if ordered(spec):
        lines += ["    for callback in (%s,):" % ", ".join(names), "        once(callback)"] if names else []
        lines += ["    for epoch, rows in enumerate(np.load(sys.argv[2])[:%d]):" % epochs]
        lines += call_lines("        model.fit(", ["x_train[rows]", "y_train[rows]"] + batch +
                            ["shuffle=False", "initial_epoch=epoch", "epochs=epoch + 1"] +
                            ["sample_weight=weights[rows]"] * is_weighed + rest, ")")
        lines += ["        if model.stop_training:", "            break"] if callbacks[1:] else []
        lines += ["    for callback in (%s,):" % ", ".join(names), "        ended(callback)"] if names else []
    else:
        lines += call_lines("    model.fit(", ["x_train", "y_train"] + batch +
                            ["epochs=%d" % epochs, "shuffle=False"] + ["sample_weight=weights"] * is_weighed + rest,
                            ")")
    if not settings["validate"]:
        lines += ['print("test", model.evaluate(x_test, y_test%s, return_dict=True, verbose=0))' %
                  (weights_name and ", sample_weight=" + weights_name)]
    return [""] + lines
