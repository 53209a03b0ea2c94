"""Builds a user's Keras model: from a function, an object or a saved file, with weights and changes."""
import os

import numpy as np

from frameworks.keras.api import KERAS_3, keras
from frameworks.keras.program import layers, optimizer
from frameworks.runtime.user_program import ProgramError, folder_of, named, phase, read_arrays, watched_constructors

SAVED = (".keras", ".h5")


def built(job, samples, facts):
    """Returns the user's model with its changes and weights; `samples` build a model without an input signature."""
    if not KERAS_3:
        raise ProgramError("import", "Keras %s cannot be read: `check` needs Keras 3." % keras.__version__)
    keras.utils.clear_session()  # automatic names such as dense_1 begin anew
    keras.utils.set_random_seed(job["seed"])
    model = loaded(job, facts) if job["program"]["file"].endswith(SAVED) else called(job)
    if not isinstance(model, keras.Model):
        raise ProgramError("build", "%s gives a %s; a Keras program is a model, a function that returns one, or a "
                           ".keras or .h5 file." % (job["program"]["name"], type(model).__name__))
    with phase("forward", folder_of(job)):
        if samples:
            model(one_or_list([sample[:1] for sample in samples]), training=False)
    for change in job["changes"]:
        apply_change(model, change)
    give_weights(model, read_arrays(job["weights"], "parameter"))
    if job["dtype"] == "float64" and getattr(model, "optimizer", None) is not None:
        optimizer.keep_settings_exact(model.optimizer)
    return model


def called(job):
    """Returns what the user's function returns, or the object that is named, with watched constructors."""
    program, folder = job["program"], folder_of(job)
    with watched_constructors(folder, keras.layers.Layer, keras.losses.Loss, keras.optimizers.Optimizer):
        found = named(program, folder)
        if isinstance(found, keras.Model) or not callable(found):
            return found
        with phase("build", folder):
            return found(**program["arguments"])


def loaded(job, facts):
    """Returns the model in a saved file, which is read without running code of the file (`safe_mode`)."""
    path = job["program"]["file"]
    with phase("build", folder_of(job)):
        model = keras.models.load_model(path, safe_mode=True) if path.endswith(".keras") else \
            keras.models.load_model(path)
    facts.setdefault("warnings", []).append(
        "%s: a saved file does not say which settings were given, and Keras up to 3.15 loses some of a loss, such as "
        "Huber's delta (keras pull request 23286)." % os.path.basename(path))
    return model


def one_or_list(values):
    """Returns the only value, or the list of several."""
    return values[0] if len(values) == 1 else list(values)


def apply_change(model, change):
    """Changes a model in memory. Kinds, beside those that belong to PyTorch alone:

    attribute  {"layer", "name", "value"}: an attribute of a layer
    optimizer  {"settings"}: arguments of the optimizer
    loss       {"name", "settings"}: another loss
    dense_gradients  the gradients of repeated rows are added before the optimizer gets them
    trainable  {"parameter", "value"}: whether a layer is trained
    """
    named_layers = dict(layers.leaves(model))
    if change["kind"] == "attribute":
        setattr(named_layers[change["layer"]], change["name"], change["value"])
    elif change["kind"] == "optimizer":
        model.optimizer = optimizer.with_settings(model.optimizer, change["settings"])
    elif change["kind"] == "loss":
        model.compile(optimizer=model.optimizer, loss=getattr(keras.losses, change["name"])(**change["settings"]))
    elif change["kind"] == "dense_gradients":
        optimizer.sum_repeated_rows(model.optimizer)
    elif change["kind"] == "trainable":
        for name, variable, _ in layers.parameters(model):
            if name == change["parameter"]:
                variable.trainable = change["value"]
    else:
        raise ProgramError("change", "A Keras model cannot be changed by %r." % change["kind"])


def give_weights(model, weights):
    """Sets the parameters that are in `weights`."""
    for name, variable, _ in layers.parameters(model):
        if name in weights:
            variable.assign(np.reshape(weights[name], variable.shape))


def without_dropout(model):
    """Sets the rate of every dropout to 0, since two frameworks draw different masks; the rates are compared apart."""
    for layer in model._flatten_layers():
        kind = type(layer).__name__
        names = ("rate",) if "Dropout" in kind else ("stddev",) if kind == "GaussianNoise" else \
            ("dropout", "recurrent_dropout")
        owner = getattr(layer, "cell", layer)  # of a recurrent layer, whose own attribute is that of its cell
        for name in names:
            if isinstance(getattr(owner, name, None), float):
                # Multi-head attention has a property without a setter, of a layer that is set by itself.
                setattr(owner, "_" + name if isinstance(getattr(type(owner), name, None), property) else name, 0.0)
