"""Builds a user's Keras model: from a function, an object or a saved file, with weights and changes."""
import functools
import os

import numpy as np

from frameworks.keras.api import KERAS_3, keras
from frameworks.keras.program import gradient, layers, optimizer
from frameworks.runtime import user_program
from frameworks.runtime.program_arrays import read_arrays
from frameworks.runtime.program_objects import watched_constructors
from frameworks.runtime.user_program import ProgramError, folder_of, named, phase

SAVED = (".keras", ".h5")
"""How the names of saved models end."""
SHORT_NAMES = {name: keras.losses.get(name) for name in ("mse", "mae", "mape", "msle")} if KERAS_3 else {}
"""Short names of losses that `load_model` cannot resolve when an .h5 file holds a model compiled with them."""


def built(job, samples, facts):
    """Returns the user's model with changes and weights; `samples` build one without inputs. Raises ProgramError."""
    if not KERAS_3:
        raise ProgramError("import", "Keras %s cannot be read: `check` needs Keras 3." % keras.__version__)
    keras.utils.clear_session()  # automatic names such as dense_1 begin anew
    keras.utils.set_random_seed(job["seed"])
    model = loaded(job, facts) if job["program"]["file"].endswith(SAVED) else called(job)
    if not isinstance(model, keras.Model):
        raise ProgramError("build", "%s gives a %s; a Keras program is a model, a function that returns one, or a "
                           ".keras or .h5 file." % (job["program"]["name"], type(model).__name__))
    model.names_of_inputs = tuple(job["names"].get("input", ()))
    with phase("forward", folder_of(job)):
        if samples and not (model.built and getattr(model, "inputs", None)):
            model(as_inputs(model, [sample[:1] for sample in samples]), training=False)
    if job["trained"] and model.built:
        with phase("load", folder_of(job)):
            load_weights(model, job["trained"])
    with phase("change", folder_of(job)):
        for change in job["changes"]:
            apply_change(model, change)
    left_out = [change["parameter"] for change in job["changes"] if change["kind"] == "without"]
    give_weights(model, {name: value for name, value in read_arrays(job["weights"], "parameter").items()
                         if name not in left_out})
    if job["dtype"] == "float64":
        optimizer.keep_settings_exact(*gradient.optimizers_of(model))
        for layer in model._flatten_layers():
            if type(layer).__name__ == "Rescaling":  # rounded as the optimizer's settings are
                layer.scale, layer.offset = np.asarray(layer.scale, "float64"), np.asarray(layer.offset, "float64")
    return model


def called(job):
    """Returns what the user's function returns, or the model that the job names; constructors are watched."""
    program, folder = job["program"], folder_of(job)
    with watched_constructors(folder, keras.layers.Layer, keras.losses.Loss, keras.optimizers.Optimizer):
        function = named(program, folder)
        return function if isinstance(function, keras.Model) else user_program.called(function, program, folder)


def loaded(job, facts):
    """Returns the model of a saved file, rebuilt in the dtype of the job; no code in the file is run (`safe_mode`).

    The state of its optimizer is not loaded, so that both programs begin with a new optimizer. Raises ProgramError
    where the file cannot be loaded.
    """
    path = job["program"]["file"]
    name = os.path.basename(path)
    with phase("build", folder_of(job)):
        try:
            saved = keras.saving.load_model(path, custom_objects=SHORT_NAMES, safe_mode=True)
        except ValueError as error:
            if "safe_mode" not in str(error):
                raise
            raise ProgramError("build", "%s holds Python code, as a Lambda does, and code of a file is not run; give "
                               "the function that builds the model." % name) from error
        config = in_dtype(keras.saving.serialize_keras_object(saved), job["dtype"])
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        model.set_weights(saved.get_weights())
    facts.setdefault("warnings", []).append("%s does not say which settings were given: a saved file holds all of "
                                            "them." % name)
    facts["warnings"] += ["%s does not hold the %s of its loss (keras pull request 23286), so the default %s=%s is "
                          "used; if you chose another, give the function that builds the model." % (
                              name, setting, setting, value) for setting, value in not_saved(model)]
    return model


def load_weights(model, path):
    """Loads the weights of a file into a model, but not the optimizer state that the file may contain."""
    compiled, model.optimizer = getattr(model, "optimizer", None), None
    try:
        model.load_weights(path)
    finally:
        model.optimizer = compiled


def in_dtype(config, dtype):
    """Returns the configuration of a model in a dtype, with the numbers that a file has rounded to float32 restored."""
    if isinstance(config, float):  # 0.10000000149011612 was 0.1
        return float(str(np.float32(config))) if config == np.float32(config) else config
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return dtype if config["config"]["name"] == "float32" else config
        return {name: dtype if name == "dtype" and value == "float32" else in_dtype(value, dtype)
                for name, value in config.items()}
    return [in_dtype(item, dtype) for item in config] if isinstance(config, (list, tuple)) else config


def not_saved(model):
    """Returns [(name, value)] of the settings of the losses that a saved file does not contain."""
    loss = getattr(model, "loss", None)
    losses = loss if isinstance(loss, list) else loss.values() if isinstance(loss, dict) else [loss]
    return [(name, value) for function in losses if hasattr(function, "get_config")
            for name, value in getattr(function, "_fn_kwargs", {}).items() if name not in function.get_config()]


def as_inputs(model, values):
    """Returns inputs in the structure that the model takes: a dict by name, a single array, or a list of arrays; a dict
    where the job has names of inputs, and the model declares none."""
    structure, names = getattr(model, "_inputs_struct", None), model.names_of_inputs
    named_values = dict(zip(names, values))
    if names and structure is None:
        return named_values
    declared = [tensor.name for tensor in structure] if isinstance(structure, (list, tuple)) else []
    if names and sorted(declared) == sorted(names):
        values = [named_values[name] for name in declared]
    return in_structure(structure, values)


def as_targets(model, values):
    """Returns targets in the structure of the model's outputs."""
    return in_structure(getattr(model, "_outputs_struct", None), values)


def in_structure(structure, values):
    """Returns a dict, with its names in alphabetical order, if the structure is one; else a single value or a list."""
    if isinstance(structure, dict) and len(structure) == len(values):
        return dict(zip(sorted(structure), values))
    return values[0] if len(values) == 1 else list(values)


def apply_change(model, change):
    """Changes a model in memory. Raises ProgramError for another kind of change than these:

        attribute  {"layer", "name", "value"}: an attribute of a layer
        activation {"layer", "name", "settings"}: another function for the activation of a layer
        optimizer  {"settings"}: arguments of the optimizer; with "class" too, another optimizer
        loss       {"name", "settings"}: another loss
        loss_of_outputs  the loss is computed from the outputs, and not from the logits
        dense_gradients  the gradients of repeated rows are added before the optimizer gets them
        metric     {"name", "class", "settings"}: this metric in place of all compiled metrics
        trainable  {"parameter", "value"}: whether a parameter is trained
        without    {"parameter"}: the parameter has no effect: a bias of 0 or a scale of 1, not trained
    """
    named_layers = dict(layers.leaves(model))
    if change["kind"] == "attribute":
        value = change["value"]
        setattr(named_layers[change["layer"]], change["name"],
                keras.activations.get(value) if change["name"].endswith("activation") else value)
    elif change["kind"] == "activation":
        apply_activation(named_layers[change["layer"]], change["name"], change["settings"])
    elif change["kind"] == "optimizer":
        model.optimizer = optimizer.with_settings(model.optimizer, change["settings"], change.get("class"))
    elif change["kind"] == "loss":
        model.compile(optimizer=model.optimizer, loss=getattr(keras.losses, change["name"])(**change["settings"]))
    elif change["kind"] == "loss_of_outputs":
        compute_loss_of_outputs(model)
    elif change["kind"] == "metric":
        metric = getattr(keras.metrics, change["class"])(name=change["name"], **change["settings"])
        model.compile(optimizer=model.optimizer, loss=model.loss, metrics=[metric])
    elif change["kind"] == "dense_gradients":
        optimizer.sum_repeated_rows(model.optimizer)
    elif change["kind"] in ("trainable", "without"):
        for name, variable, _ in layers.parameters(model):
            if name == change["parameter"]:
                variable.trainable = change.get("value", False)
                if change["kind"] == "without":
                    variable.assign(np.full(variable.shape, 1.0 if name.endswith("gamma") else 0.0))
    else:
        raise ProgramError("change", "A Keras model cannot be changed by %r." % change["kind"])


def apply_activation(layer, name, settings):
    """Gives a layer another activation; an activation layer, such as LeakyReLU, computes it in place of its own."""
    settings = {key: value == "tanh" if key == "approximate" else value for key, value in settings.items()}
    function = functools.partial(keras.activations.get(name), **settings)
    if hasattr(layer, "activation"):
        layer.activation = function
    else:
        layer.call = lambda x, *args, **kwargs: function(x)


def compute_loss_of_outputs(model):
    """Makes the model compute its loss from the outputs, also where Keras on TensorFlow would use the logits instead.

    Keras finds the logits in the attribute `_keras_logits` of the outputs. The product of an output with 1 is a new
    tensor without this attribute.
    """
    compute_loss = model.compute_loss

    def copied(output):
        copy, mask = output * 1, getattr(output, "_keras_mask", None)
        if mask is not None:
            copy._keras_mask = mask
        return copy

    @functools.wraps(compute_loss)
    def of_outputs(x=None, y=None, y_pred=None, *args, **kwargs):
        return compute_loss(x, y, keras.tree.map_structure(copied, y_pred), *args, **kwargs)
    model.compute_loss = of_outputs


def give_weights(model, weights):
    """Sets the parameters that are in `weights`."""
    for name, variable, _ in layers.parameters(model):
        if name in weights:
            variable.assign(np.reshape(weights[name], variable.shape))


def without_dropout(model):
    """Sets the rate of every dropout to 0, because two frameworks draw different masks; `check` compares the rates.

    GaussianDropout keeps its rate: both frameworks draw the same normal numbers (`drawn_numbers`).
    """
    for layer in model._flatten_layers():
        kind = type(layer).__name__
        rate = layers.rate_name(layer)
        names = () if kind == "GaussianDropout" else (rate,) if rate else ("dropout", "recurrent_dropout")
        owner = getattr(layer, "cell", layer)  # a recurrent layer takes the attribute of its cell
        for name in names:
            if isinstance(getattr(owner, name, None), float):
                # A property of multi-head attention has no setter; its inner Dropout is also in the list of layers.
                setattr(owner, "_" + name if isinstance(getattr(type(owner), name, None), property) else name, 0.0)


def without_augmentation(model, facts):
    """Makes Keras's layers that change images at random, such as RandomFlip, compute as in evaluation, and says so: a
    PyTorch program often augments its data set, which is not a part of it."""
    names = []
    for layer in model._flatten_layers():
        if type(layer).__name__.startswith("Random") and type(layer).__module__.startswith("keras."):
            names.append(type(layer).__name__)
            layer.call = functools.partial(in_evaluation, layer.call)
    if names:
        facts.setdefault("warnings", []).append(
            "Keras's %s change their input at random in training. They were switched off to compare the rest; whether "
            "your PyTorch program augments its images in the same way was not compared." % " and ".join(names))


def in_evaluation(call, data, *args, **kwargs):
    """Calls the `call` of a layer with `training=False`, whatever the other arguments are."""
    return call(data, training=False)
