"""The optimizer of a user's compiled Keras model: its facts, and how it is changed in memory."""
import numpy as np

from frameworks.keras.api import keras
from frameworks.keras.program.layers import leaves, parameters
from frameworks.runtime.program_objects import as_json, given_to, made_at


def described(model, steps, optimizer):
    """Returns the facts of an optimizer of a model, with the learning rates of `steps` steps; {} for None, as where the
    model is not compiled.
    """
    if optimizer is None:
        return {}
    file, line = made_at(optimizer)
    config = optimizer.get_config()
    rate = config.get("learning_rate")
    settings = {name: as_json(value) for name, value in config.items()
                if not isinstance(value, dict) and name not in ("name", "loss_scale_factor")}
    settings["learning_rate"] = rate if isinstance(rate, dict) else number(getattr(optimizer, "learning_rate", rate))
    if isinstance(rate, dict):
        settings["learning_rate"] = {"schedule": rate["class_name"],
                                     "settings": {name: as_json(value) for name, value in rate["config"].items()}}
        settings["rates"] = [number(optimizer._learning_rate(step)) for step in range(steps)]
    return {"name": type(optimizer).__name__, "settings": settings, "given": given_to(optimizer), "file": file,
            "line": line, "sparse": sparse_gradients(model), "undecayed": without_decay(model, optimizer)}


def of_own_step(model, steps, used, facts):
    """Returns the facts of the optimizer that a user's `train_step` uses in place of that of `compile`; of several, and
    of none that the model keeps in an attribute, without settings.
    """
    if len(used) == 1:
        return described(model, steps, used[0])
    names = " and ".join(type(each).__name__ for each in used)
    done = "does not use the optimizer of compile(), but %s" % names if names else \
        "changes the weights without an optimizer that the model keeps in an attribute"
    facts.setdefault("warnings", []).append("The first step of the model's own train_step %s, so settings of "
                                            "optimizers were not compared; the updates were." % done)
    file, line = made_at(model)
    return {"name": names or "train_step", "settings": {}, "file": file, "line": line}


def number(value):
    """Returns a number, variable or tensor as a float; `float` itself does not accept a variable of Keras 3.3."""
    return float(value if isinstance(value, (int, float)) else keras.ops.convert_to_numpy(value))


def without_decay(model, optimizer):
    """Returns the names of trainable parameters without weight decay (`exclude_from_weight_decay`).

    Without a weight decay, there are none.
    """
    if not getattr(optimizer, "weight_decay", None):
        return []
    return [name for name, variable, _ in parameters(model)
            if variable.trainable and not optimizer._use_weight_decay(variable)]


def sparse_gradients(model):
    """Returns the paths of layers for which TensorFlow passes the gradient row by row (`tf.IndexedSlices`)."""
    if keras.backend.backend() != "tensorflow":
        return []
    return [path for path, layer in leaves(model) if type(layer).__name__ == "Embedding"]


class Exact(np.float64):
    """A NumPy number that leaves a product with a Keras variable to the variable.

    NumPy would convert the variable to an array, which fails within a compiled step: Adadelta computes
    `rho * accumulated_grad` (keras/src/optimizers/adadelta.py:103 in 3.15.1).
    """

    def __mul__(self, factor):
        return factor * np.float64(self) if hasattr(factor, "assign") else np.float64(self) * factor


def keep_settings_exact(*optimizers):
    """Converts the settings of optimizers to NumPy's float64.

    `ops.cast` converts a Python float to float32 first (`cast` in keras/src/backend/tensorflow/core.py), so that
    1 - 0.999 would have a relative error of 1e-5. That is rounding inside Keras, not a difference between two programs.
    """
    for optimizer in optimizers:
        for name in ("beta_1", "beta_2", "rho", "momentum", "epsilon"):
            if isinstance(getattr(optimizer, name, None), float):
                setattr(optimizer, name, Exact(getattr(optimizer, name)))


def sum_repeated_rows(optimizer):
    """Makes an optimizer add the gradients of an embedding row that occurs several times in a batch before it squares
    them, as PyTorch does; on TensorFlow.
    """
    import tensorflow as tf
    original = optimizer.apply

    def apply(grads, *args, **kwargs):
        return original([tf.convert_to_tensor(grad) if isinstance(grad, tf.IndexedSlices) else grad
                         for grad in grads], *args, **kwargs)
    optimizer.apply = apply


def with_settings(optimizer, settings, name=None):
    """Returns an optimizer with other settings: of the same class, which keeps the rest, or a new one of the class
    `name`.
    """
    settings = {key: of_schedule(value) if key == "learning_rate" else value for key, value in settings.items()}
    if name:
        return getattr(keras.optimizers, name)(**settings)
    changed = type(optimizer).from_config(dict(optimizer.get_config(), **settings))
    for attribute, value in vars(optimizer).items():
        if attribute.startswith("_exclude_from_weight_decay"):  # which a configuration does not hold
            setattr(changed, attribute, value)
    return changed


def of_schedule(rate):
    """Returns a learning rate as Keras takes it: the facts of a schedule (`described`) become the schedule."""
    if not isinstance(rate, dict):
        return rate
    return getattr(keras.optimizers.schedules, rate["schedule"])(**rate["settings"])
