"""The values by which Keras says what a spec says in another way: strings, lists, pairs and plain numbers."""

from __future__ import annotations

from typing import Any, Mapping

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
    **{f"{layer}.{field}": {"l1": "L1(0.01)", "l2": "L2(0.01)"} for layer in ("Dense", "Conv2D")
       for field in ("kernel_regularizer", "bias_regularizer", "activity_regularizer")},
    **{f"{layer}.{field}": {"zeros": "Zeros()", "glorot_uniform": "GlorotUniform()",
                            "random_normal": "Normal(0.0, 0.05)"}
       for layer in ("Dense", "Conv2D") for field in ("kernel", "bias")},
}
"""What to write for a string of Keras, by field."""
ACTIVATIONS = ("sigmoid", "softmax", "relu", "tanh", "elu", "linear", "gelu", "leaky_relu", "hard_sigmoid")
NUMBERS = {"weight_decay": "WeightDecay({!r}, True)"}
"""What to write for a number, by the name of the field."""

TUPLES = ("layers", "metrics", "classes", "values", "variants", "behaviours", "claims", "contrast_variants",
          "old_rules", "controls")
"""The fields that take several values."""


def instead(owner: str, field: str, value: Any) -> str:
    """What to write for a value as Keras has it, as the end of a sentence; empty for any other value."""
    if isinstance(value, str) and (ours := STRINGS.get(f"{owner}.{field}", {}).get(value.lower())):
        return f"write `{ours}`"
    if isinstance(value, str) and (owner, field) in (("Dense", "kernel"), ("Conv2D", "strides")) and \
            value in ACTIVATIONS:
        return f'write `Activation("{value}")` as the next layer'
    if field == "metrics" and isinstance(value, (list, tuple)) and "accuracy" in value:
        return "leave out \"accuracy\", which every training has; `metrics=(metrics.Precision(),)` adds others"
    if isinstance(value, list) and field in TUPLES:
        return "write a tuple, with parentheses in place of brackets"
    if field in ("kernel_size", "pool_size", "strides") and isinstance(value, tuple) and \
            len(set(value)) == 1 and isinstance(value[0], int):
        return f"write `{field}={value[0]!r}`"
    if field in NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return f"write `{field}={NUMBERS[field].format(value)}`"
    return ""
