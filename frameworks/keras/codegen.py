"""A spec as the Keras program that a user would write, as text; what all programs share stands in `codegen`.

A line is a string, or a tuple of one and of the paths of the fields that it decides: an open field is an argument left
out. A model gives its outputs, or, where the loss or the accuracy is told to take what comes before the last activation
(the logits, z), gives these, and functions of our own put the activation on them.
"""
import math
import os
import textwrap

from frameworks.codegen.source import (
    WIDTH,
    field_of,
    last_of,
    loss_needs_z,
    numbered,
    of_a_run,
    optimizer_class,
    ordered,
    paths_of,
    source_of,
    width_of,
)
from frameworks.keras import codegen_losses, configuration
from frameworks.keras import layers as layers_of_keras
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import set_fields

TITLE = "Keras"
OPTIMIZERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.py")
CALLBACKS = os.path.join(os.path.dirname(OPTIMIZERS), "callbacks.py")
OWN_CALLBACKS = ("PlateauOfRatio", "EndsAtNan", "BestFromInfinity")
SEED = ["keras.utils.set_random_seed(0)"]
DOWNLOAD = ["(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()"]
ONE_HOT = "keras.utils.to_categorical({y}, {classes})"
INDEX = '{y}.astype("float32").reshape(-1, 1)'
NUMBER = '{y}.astype("int64")'
TENSOR = "{x}"
CHANNEL = "[..., np.newaxis]"


def imports(spec, backend):
    """The lines that import; a Keras on PyTorch must not find TensorFlow, which aborts beside it."""
    alone = ["# keras.utils.set_random_seed imports TensorFlow where it is, which aborts beside torch",
             'sys.modules["tensorflow"] = None'] if backend == "torch" else []
    return ['os.environ["KERAS_BACKEND"] = "%s"' % backend] + alone + ["import keras", "import numpy as np"] + \
        (["from keras import ops"] if any("ops." in line for line in _classes(spec["optimizer"])) else [])


def training(spec, shapes):
    """The lines of model, loss, optimizer and training; `shapes` are those of a sample before every layer.

    Raises Unsupported where Keras cannot be told something.
    """
    last = last_of(spec)
    of_z = last != "linear" and (spec["accuracy"]["rule"] == "argmax_logits" or
                                 loss_needs_z(spec["loss"], last))
    return _classes(spec["optimizer"]) + codegen_losses.divided(spec) + \
        codegen_losses.loss_function(spec, last, of_z) + codegen_losses.metric_function(spec, last, of_z) + \
        _model(spec["layers"], shapes, of_z) + _compiled(spec, of_z) + _fitted(spec)


def _model(layers, shapes, of_z):
    lines = ["model = keras.Sequential([", "    keras.Input(x_train.shape[1:]),"]
    stacked = layers[:-1] if of_z else layers
    for place, (layer, shape) in enumerate(zip(stacked, shapes)):
        word, decided = _word(stacked[place + 1] if place + 1 < len(stacked) else {"is": ""}, place + 1)
        if layer["is"] == "Activation":
            if not _word(layer, place)[0] or place == 0 or \
                    stacked[place - 1]["is"] not in configuration.WITH_ACTIVATION:
                call, = layers_of_keras.activation(layer, shape, layers_of_keras.TODAY)
                lines.append(("    %s," % call.source(),) + _word(layer, place)[1])
            continue
        *before, call = layers_of_keras.LAYERS[layer["is"]](layer, shape, layers_of_keras.TODAY)
        arguments = call.arguments()
        paths = tuple("layers.%d.%s" % (place, name) for name in layer if name != "is")
        if layer["is"] in configuration.WITH_ACTIVATION:
            arguments += ['activation="%s"' % word] if word else []
            paths += decided if word else ()
        arguments += [] if layer.get("trainable", True) else ["trainable=False"]
        lines += ["    %s," % one.source() for one in before]
        lines += _call("    %s(" % call.name, arguments, "),", paths)
    return lines + ["])"]


def _word(layer, place):
    """(what a layer is told of the activation after it, or nothing, the paths of the fields that it decides)."""
    if layer["is"] != "Activation":
        return "", ()
    name, value, fields = field_of(layer["function"])
    known = layers_of_keras.ACTIVATIONS.get(name, name if isinstance(layer["function"], str) else "")
    return known if value is None else "", tuple("layers.%d.%s" % (place, field) for field in fields)


def _compiled(spec, of_z):
    loss, accuracy, width = spec["loss"], spec["accuracy"], width_of(spec)
    kind, given = loss["is"], set_fields(loss)
    own = codegen_losses.OWN.get(kind)
    if numbered(spec):
        own = '"sparse_categorical_crossentropy"'
    sparse = "Sparse" if numbered(spec) else ""
    smoothed = ["label_smoothing=%r" % loss["label_smoothing"]] if loss.get("label_smoothing") else []
    if codegen_losses.only_of_logits(loss) or (smoothed and not given):
        arguments = (["from_logits=True"] if given else []) + smoothed
        if configuration.by_weights(loss):
            arguments.append('reduction="mean_with_sample_weight"')
        said = "keras.losses.%s%s(%s)" % (sparse, kind, ", ".join(arguments))
    else:
        said = own if own and not given and not (of_z and own) else "loss"
        if kind == "Huber" and not given.get("divided") and not of_z:
            said = "keras.losses.Huber(%s)" % ("delta=%r" % given["delta"] if "delta" in given else "")
        if configuration.by_weights(loss):
            said = "ByWeights(%s)" % (said if said == "loss" else "keras.losses." + said.strip('"'))
    if accuracy["rule"] is None and (accuracy["threshold"] is None or width > 1) and not of_z:
        metric = '"accuracy"'
    elif accuracy["rule"] in (None, "threshold") and not of_z:
        chosen = "" if accuracy["threshold"] is None else ", threshold=%r" % accuracy["threshold"]
        metric = 'keras.metrics.BinaryAccuracy("accuracy"%s)' % chosen
    elif accuracy["rule"] == "argmax_outputs" and not of_z:
        metric = 'keras.metrics.%sCategoricalAccuracy("accuracy")' % sparse
    else:
        metric = "accuracy"
    return _schedule(spec) + ["model.compile("] + _optimizer(spec["optimizer"]) + [
            ("    loss=%s," % said,) + paths_of("loss", loss),
            ("    metrics=[%s]," % metric,) + paths_of("accuracy", accuracy), ")"]


def _optimizer(optimizer):
    chosen = ["%s=%s" % (name, "rate" if isinstance(value, dict) else repr(value))
              for name, value in configuration.arguments(optimizer).items()]
    if _class_of(optimizer) == "AdamAfterCorrection" and optimizer["is"] == "AdamW" and \
            optimizer["weight_decay"]["factor"] is None:
        chosen.append("weight_decay=keras.optimizers.AdamW().weight_decay")
    name = "Told" if configuration.additions(optimizer) else _class_of(optimizer)
    return _call("    optimizer=%s(" % name, chosen, "),", paths_of("optimizer", optimizer))


def _class_of(optimizer):
    """The class of an optimizer, Keras's or our own."""
    return configuration.momentums_class(optimizer) or \
        optimizer_class(optimizer, configuration.OWN_PLACE, configuration.OTHER_PLACE) or \
        "keras.optimizers." + optimizer["is"]


def _schedule(spec):
    """The lines that make a schedule of the rate, where there is one."""
    rate = spec["optimizer"]["learning_rate"]
    if not isinstance(rate, dict) or configuration.on_plateau(rate):
        return []
    name, arguments, of_epochs = configuration.schedule(rate)
    head = "rate = %s%s(" % ("keras.optimizers.schedules." if name == rate["is"] else "", name)
    lines = _call(head, ["%s=%r" % each for each in arguments.items()], ")", paths_of("optimizer.learning_rate", rate))
    if of_epochs:
        size = {"all": "len(x_train)", None: "32"}.get(spec["training"]["batch_size"], spec["training"]["batch_size"])
        lines.append("rate = PerEpoch(rate, -(-len(x_train) // %s))" % size)
    return lines


def _classes(optimizer):
    """The source of the classes of our own that an optimizer needs, as the realization beside this file has them."""
    additions, own = configuration.additions(optimizer), _class_of(optimizer)
    rate, changing = optimizer["learning_rate"], []
    if isinstance(rate, dict) and not configuration.on_plateau(rate):
        name, _, of_epochs = configuration.schedule(rate)
        changing = [name] * (name != rate["is"]) + ["PerEpoch"] * of_epochs
    lines = [line for name in [*additions, own] if "." not in name for line in source_of(name, OPTIMIZERS)]
    lines += [line.replace("SCHEDULE", "keras.optimizers.schedules.LearningRateSchedule") for name in changing
              for line in source_of(name, OPTIMIZERS)]
    if additions:
        lines += ["", "", "class Told(%s):" % ", ".join([*additions, own])]
        lines += ["    %s = %r" % each for settings in additions.values() for each in settings.items()]
    return lines + ["", ""] if lines else []


def _callbacks(spec):
    """(the lines that make the callbacks of a spec, their names)."""
    rate, asked, lines, made = spec["optimizer"]["learning_rate"], spec["training"]["early_stopping"], [], {}
    if configuration.on_plateau(rate):
        name, arguments = configuration.plateau(rate)
        own = name in OWN_CALLBACKS
        lines += source_of(name if own else "", CALLBACKS) + ["", ""] * own
        made["plateau"] = ("" if own else "keras.callbacks.") + name, arguments, \
            paths_of("optimizer.learning_rate", rate)
    if asked != "none":
        names, arguments = configuration.stopping(asked)
        lines += [line for name in names for line in source_of(name, CALLBACKS)]
        if names:
            lines += ["", "", "class Stopping(%s, keras.callbacks.EarlyStopping):" % ", ".join(names)]
            lines += ["    pass", "", ""]
        made["stopping"] = "Stopping" if names else "keras.callbacks.EarlyStopping", arguments, \
            paths_of("training.early_stopping", asked)
    lines += source_of("once" if made and ordered(spec) else "", CALLBACKS) + (["", ""] if made else [])
    for name, (kind, arguments, paths) in made.items():
        lines += _call("%s = %s(" % (name, kind), ["%s=%r" % each for each in arguments.items()], ")", paths)
    return lines, list(made)


def _fitted(spec):
    how, epochs, watched = spec["training"], spec["training"]["epochs"], ["report"]
    lines = ["report = keras.callbacks.LambdaCallback(",
             "    on_epoch_end=lambda epoch, logs: print(epoch + 1, logs))"]
    if float(how["stop_below"]) > -math.inf:
        lines = ["", "", "class StopBelow(keras.callbacks.Callback):", "    def on_epoch_end(self, epoch, logs=None):",
                 '        if logs["loss"] < %s:' % how["stop_below"], "            self.model.stop_training = True",
                 "", ""] + lines
        watched.append("StopBelow()")
    called, names = _callbacks(spec)
    lines, watched = called + lines, names + watched
    batch = {"all": ["batch_size=len(x_train)"], None: []}.get(how["batch_size"],
                                                               ["batch_size=%s" % how["batch_size"]])
    weighed, tested = codegen_losses.weighed_test(spec)
    lines += weighed
    rest = (["class_weight=%r" % weights for weights in configuration.class_weight(spec["loss"]).values()]) + \
        (["validation_data=(x_test, y_test%s)" % (tested and ", " + tested)] if how["validate"] else []) + \
        ["callbacks=[%s]" % ", ".join(watched), "verbose=0"]
    if how["shuffle"] == "once":
        raise Unsupported("Keras's fit has no argument that says whether to shuffle once or for every epoch.")
    shuffle = [] if how["shuffle"] is None else ["shuffle=%s" % how["shuffle"]]
    paths = "training.batch_size", "training.shuffle"
    lines += ["", "if len(sys.argv) == 1:"] + _call("    model.fit(", ["x_train", "y_train"] + batch +
                                                    ["epochs=%d" % epochs] + shuffle + rest, ")", paths)
    told_apart, names_of_weights = of_a_run(spec)
    lines += [told_apart, "    with np.load(sys.argv[1]) as start:",
              "        model.set_weights([start[name] for name in %s])" % names_of_weights]
    if ordered(spec):
        lines += ["    for callback in (%s,):" % ", ".join(names), "        once(callback)"] if names else []
        lines += ["    for epoch, rows in enumerate(np.load(sys.argv[2])[:%d]):" % epochs]
        lines += _call("        model.fit(", ["x_train[rows]", "y_train[rows]"] + batch +
                       ["shuffle=False", "initial_epoch=epoch", "epochs=epoch + 1"] + rest, ")")
        lines += ["        if model.stop_training:", "            break"] if watched[1:] else []
    else:
        lines += _call("    model.fit(", ["x_train", "y_train"] + batch +
                       ["epochs=%d" % epochs, "shuffle=False"] + rest, ")")
    if not how["validate"]:
        lines += ['print("test", model.evaluate(x_test, y_test%s, return_dict=True, verbose=0))' %
                  (tested and ", sample_weight=" + tested)]
    return [""] + lines


def _call(head, arguments, tail, paths=()):
    """A call, in one line where it fits, or else with its arguments in lines of their own."""
    if len(head + ", ".join(arguments) + tail) <= WIDTH:
        return [(head + ", ".join(arguments) + tail,) + tuple(paths)]
    indent = " " * (len(head) - len(head.lstrip()))
    lines = textwrap.wrap("\0".join(arguments).replace(" ", "\1").replace("\0", ", ") + ",", WIDTH,
                          initial_indent=indent + "    ", subsequent_indent=indent + "    ", break_long_words=False,
                          break_on_hyphens=False)
    return [(head,) + tuple(paths)] + [line.replace("\1", " ") for line in lines] + [indent + tail]
