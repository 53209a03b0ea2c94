"""Keras's own losses as a suspect: what the PyTorch program would compute with them in place of its loss."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from compare.analysis.programs import outputs, pairing, torch_losses
from compare.analysis.programs.description import Operation, Place, Run
from compare.analysis.programs.suspects.suspect import Suspect

SETTINGS: Mapping[str, tuple[str, ...]] = {
    **{name: () for name in ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                             "MeanSquaredLogarithmicError", "KLDivergence", "LogCosh", "Poisson", "CosineSimilarity",
                             "Hinge", "SquaredHinge", "CategoricalHinge")},
    "SparseCategoricalCrossentropy": ("from_logits", "ignore_class"),
    "CategoricalCrossentropy": ("from_logits", "label_smoothing"),
    "BinaryCrossentropy": ("from_logits", "label_smoothing"), "Huber": ("delta",),
    "BinaryFocalCrossentropy": ("from_logits", "gamma", "alpha", "apply_class_balancing", "label_smoothing"),
    "CategoricalFocalCrossentropy": ("from_logits", "gamma", "alpha", "label_smoothing")}
"""Keras's losses that `frameworks.lightning.program.losses` computes, and the settings that it knows."""
SHORT = {"mse": "MeanSquaredError", "mae": "MeanAbsoluteError", "mape": "MeanAbsolutePercentageError",
         "msle": "MeanSquaredLogarithmicError", "kld": "KLDivergence", "kl_divergence": "KLDivergence",
         "log_cosh": "LogCosh", "logcosh": "LogCosh"}
COUNTERPARTS = {"MeanSquaredError": ("mse_loss",), "MeanAbsoluteError": ("l1_loss",), "Huber": ("huber_loss",),
                "SparseCategoricalCrossentropy": ("cross_entropy", "nll_loss"), "KLDivergence": ("kl_div",),
                "CategoricalCrossentropy": ("cross_entropy", "nll_loss"),
                "BinaryCrossentropy": ("binary_cross_entropy", "binary_cross_entropy_with_logits")}
"""Of Keras's losses, the functions of PyTorch that compute the same."""


def class_name(name: str) -> str:
    """The class of a loss that is given as a class, a function or a short name."""
    return SHORT.get(name, name if name in SETTINGS else "".join(part.capitalize() for part in name.split("_")))



def parts(left: Run, right: Run) -> list[dict[str, Any]] | None:
    """Keras's losses as `frameworks.lightning.program.losses.total` takes them; None if one is not known.

    Where the PyTorch program leaves an activation to its loss, the loss gets logits.
    """
    result = []
    weights = left.loss.get("weights") or [1.0] * len(left.losses)
    ours, theirs, masks = left.arrays("predicted"), right.arrays("predicted"), left.arrays("mask")
    for i, fact in enumerate(left.losses):
        name, key = class_name(str(fact.get("name", ""))), str(i)
        if name not in SETTINGS or key not in ours or key not in theirs or len(weights) != len(left.losses):
            return None
        settings = {setting: value for setting, value in fact.get("settings", {}).items()
                    if setting in SETTINGS[name] and value is not None}
        left_out = outputs.output_difference(left, right, key, limit=pairing.tolerance(left, right))[1]
        if left_out in ("softmax", "sigmoid"):  # one program has the activation in its loss
            settings["from_logits"] = not settings.get("from_logits")
        last = left.layers.get(left.operations[-1].layer) if len(left.losses) == 1 and left.operations else None
        before = not left_out and last is not None and last.settings.get("activation") == "sigmoid" and \
            "Categorical" in name and not settings.get("from_logits")
        result.append({"function": name, "before_sigmoid": before, "settings": settings, "weight": weights[i],
                      "masked": key in masks, "channels_first": ours[key].shape != theirs[key].shape,
                      "reduction": "sum" if fact.get("settings", {}).get("reduction") == "sum" else "mean"})
    return result


def exchanged(computed: list[Operation], left: Run, right: Run, place: Place) -> Iterator[Suspect]:
    """A function of PyTorch that is another loss than Keras's."""
    actual = {operation.kind for operation in computed if operation.kind in torch_losses.ARGUMENTS}
    if actual and not actual & set(right_functions(left) or actual):
        yield from another(computed, left, right, place)


def right_functions(left: Run) -> list[str]:
    """The functions of PyTorch that compute Keras's losses."""
    return [function for fact in left.losses
            for function in COUNTERPARTS.get(class_name(str(fact.get("name", ""))), ())]


def another(computed: list[Operation], left: Run, right: Run, place: Place) -> Iterator[Suspect]:
    """Keras's own losses in place of the program's."""
    expected = parts(left, right)
    if not expected:
        return
    code = " + ".join(words(part) for part in expected)
    actual = sorted({operation.kind for operation in computed if operation.kind in torch_losses.ARGUMENTS})
    remark = "yours has another weight, or another term." if set(actual) & set(right_functions(left)) else \
        f"yours is {' and '.join(actual)}." if actual else "yours is your own."
    if any(part["masked"] for part in expected):
        remark = "and counts only what its mask does not hide."
    yield Suspect(({"kind": "loss", "of": expected},), f"Keras's loss is {code}; {remark}",
                  f"a loss that computes {code}", place, alone=True)


def words(part: Mapping[str, Any]) -> str:
    """One of Keras's losses as code."""
    settings = ", ".join(f"{key}={value!r}" for key, value in part["settings"].items()
                         if value not in (False, 0.0) or key == "ignore_class")
    before = " of the values before sigmoid (Keras on TensorFlow)" if part["before_sigmoid"] else ""
    return ("" if part["weight"] == 1 else f"{part['weight']:.6g} * ") + f"{part['function']}({settings}){before}"
