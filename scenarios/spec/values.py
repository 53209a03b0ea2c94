"""The values by which Keras says what a spec says in another way: strings, functions, lists, pairs, numbers."""

from __future__ import annotations

import dataclasses
from typing import Any, Mapping

from scenarios.spec.checks import as_written

STRINGS: Mapping[str, Mapping[str, str]] = {
    "Spec.loss": {
        "categorical_crossentropy": "CategoricalCrossentropy()", "binary_crossentropy": "BinaryCrossentropy()",
        "sparse_categorical_crossentropy": 'CategoricalCrossentropy()` and `Data(labels="index")',
        "mean_squared_error": "MeanSquaredError()", "mse": "MeanSquaredError()", "huber": "Huber()",
        "mean_absolute_error": "MeanAbsoluteError()", "mae": "MeanAbsoluteError()", "poisson": "Poisson()",
        "kl_divergence": "KLDivergence()", "hinge": "Hinge()", "categorical_hinge": "CategoricalHinge()"},
    "Spec.optimizer": {
        "sgd": "SGD()", "rmsprop": "RMSprop()", "adagrad": "Adagrad()", "adadelta": "Adadelta()", "adam": "Adam()",
        "adamw": "AdamW()", "nadam": "Nadam()"},
    "EarlyStopping.monitor": {"val_loss": '"test/loss"', "loss": '"train/loss"'},
    "ReduceOnPlateau.monitor": {"val_loss": '"test/loss"', "loss": '"train/loss"'},
    **{f"{layer}.{field}": {"l1": "L1(0.01)", "l2": "L2(0.01)",
                            "l1_l2": "L1(0.01)` or `L2(0.01)`, of which a layer has one"}
       for layer in ("Dense", "Conv2D")
       for field in ("kernel_regularizer", "bias_regularizer", "activity_regularizer")},
    **{f"{layer}.{field}": {"zeros": "Zeros()", "glorot_uniform": "GlorotUniform()",
                            "random_normal": "Normal(0.0, 0.05)"}
       for layer in ("Dense", "Conv2D") for field in ("kernel", "bias")},
}
"""What to write for a string of Keras, or for a function or a class of this name, by field."""
ACTIVATIONS = {**{name: f'"{name}"' for name in ("sigmoid", "softmax", "relu", "tanh", "elu")}, "gelu": "GELU()",
               "LeakyReLU": "LeakyReLU()", "leaky_relu": "LeakyReLUByName()", "hard_sigmoid": "HardSigmoid()"}
"""What to write for an activation of Keras in `Activation(…)`."""
METRICS = {"binary_accuracy": "metrics.BinaryAccuracy()", "categorical_accuracy": "metrics.CategoricalAccuracy()",
           "auc": "metrics.AUC()", "precision": "metrics.Precision()", "recall": "metrics.Recall()",
           "f1_score": 'metrics.F1Score("macro")', "root_mean_squared_error": "metrics.RootMeanSquaredError()",
           **dict.fromkeys(("mean_absolute_error", "mae"), "metrics.MeanAbsoluteError()"),
           **dict.fromkeys(("mean_squared_error", "mse"), "metrics.MeanSquaredError()")}
"""What to write for a metric of Keras."""
ALWAYS_MEASURED = ("loss", "accuracy", "acc")
"""Keras's names of what every training measures."""
NUMBERS = {"weight_decay": "WeightDecay({!r}, True)"}
"""What to write for a number, by the name of the field."""

TUPLES = ("layers", "metrics", "classes", "values", "variants", "behaviours", "claims", "contrast_variants",
          "old_rules", "controls")
"""The fields that take a tuple of values."""


def refused(owner: str, field: str, value: Any) -> str:
    """The sentence that refuses a value as Keras has it, with what to write; empty for any other value."""
    items = (value if isinstance(value, (list, tuple)) else (value,)) if field in ("layers", "metrics") else ()
    for item in items:
        if sentence := (_layer if field == "layers" else _metric)(item):
            return f"{owner}.{field} has {as_written(item)}; {sentence}."
    sentence = instead(owner, field, value)
    shown = "a list" if isinstance(value, list) else as_written(value)
    return f"{owner}.{field} is {shown}; {sentence}." if sentence else ""


def instead(owner: str, field: str, value: Any) -> str:
    """What to write for a value as Keras has it, as the end of a sentence; empty for any other value."""
    name = name_of(value)
    if ours := _entry(STRINGS.get(f"{owner}.{field}", {}), name):
        return f"write {_code(ours)}"
    if owner == "Activation" and (ours := _entry(ACTIVATIONS, name)) and ours != f'"{value}"':
        return f"write `{ours}`"
    if (owner, field) in (("Dense", "kernel"), ("Conv2D", "strides")):
        return _next_layer(name)
    if field == "monitor" and (name.startswith("val_") or name in ALWAYS_MEASURED):
        return f"only a loss can be monitored; write `\"{'test' if name.startswith('val_') else 'train'}/loss\"`"
    if isinstance(value, list) and field in TUPLES:
        return "write a tuple, with parentheses in place of brackets"
    if field in ("kernel_size", "pool_size", "strides") and isinstance(value, tuple) and \
            len(set(value)) == 1 and isinstance(value[0], int):
        return f"write `{field}={value[0]!r}`"
    if field in NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return f"write `{field}={NUMBERS[field].format(value)}`"
    return ""


def named(name: str) -> str:
    """What to write for a function of Keras; empty for a name that is none."""
    for strings in (STRINGS["Spec.loss"], STRINGS["Spec.optimizer"], STRINGS["Dense.kernel_regularizer"]):
        if name in strings:
            return _code(strings[name])
    return f"`Activation({ACTIVATIONS[name]})`" if name in ACTIVATIONS else ""


def name_of(value: Any) -> str:
    """A string itself, the name of a function or a class, or that of the class of an object that is not of a spec."""
    if isinstance(value, str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ""
    return str(getattr(value, "__name__", type(value).__name__))


def _entry(table: Mapping[str, str], name: str) -> str:
    """The entry of a name, as a function or a class has it: `kl_divergence` or `KLDivergence`; else empty."""
    folded = {key.replace("_", ""): ours for key, ours in table.items()}
    return table.get(name) or folded.get(name.replace("_", "").lower(), "")


def _code(ours: str) -> str:
    """What to write, in backticks; an entry of more than code has its own but for the outer ones."""
    return f"`{ours}" + "`" * (ours.count("`") % 2 == 0)


def _next_layer(name: str) -> str:
    if name == "linear":
        return "leave it out: a layer without an Activation after it is linear"
    ours = _entry(ACTIVATIONS, name)
    return f"write `Activation({ours})` as the next layer" if ours else ""


def _layer(item: Any) -> str:
    ours = _entry(ACTIVATIONS, name_of(item))
    return f"write `Activation({ours})`" if ours else ""


def _metric(item: Any) -> str:
    name = name_of(item)
    bare = name.removeprefix("val_")
    if bare in ALWAYS_MEASURED:
        return ("leave it out: the loss and the accuracy are always measured, in training and on the test set; "
                "`metrics=(metrics.Precision(),)` measures another one")
    ours = _entry(METRICS, bare)
    return f"write `{ours}`" + ", which is also measured on the test set" * (bare != name) if ours else ""
