"""Keras's own losses as a suspect: what the PyTorch program would compute with them in place of its loss."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import numpy as np

from compare.analysis.programs import outputs, pairing, torch_losses
from compare.analysis.programs.agreement import relative_difference
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
        if left_out == "exp" and name == "Poisson":
            settings["log_input"] = True
        last = left.last_layer if len(left.losses) == 1 else None
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
    code = " + ".join(keras_code(part) for part in expected)
    actual = sorted({operation.kind for operation in computed if operation.kind in torch_losses.ARGUMENTS})
    remark = "yours has another weight, or another term." if set(actual) & set(right_functions(left)) else \
        f"yours is {' and '.join(actual)}." if actual else "yours is your own."
    epsilon = [part["function"] for part in expected] == ["Poisson"] and actual == ["poisson_nll_loss"] and \
        relative_difference(np.ravel(left.trace["first_loss"]), np.ravel(right.trace["first_loss"])) < EPSILON_SHOWS
    if epsilon:
        remark = "it adds 1e-7 inside of the logarithm, and poisson_nll_loss does not."
    if any(part["masked"] for part in expected):
        remark = "and counts only what its mask does not hide."
    yield Suspect(({"kind": "loss", "of": expected},), f"Keras's loss is {code}; {remark}",
                  "" if epsilon else " + ".join(map(torch_code, expected)), place, by_design=epsilon, alone=True)


EPSILON_SHOWS = 1e-5
"""By so much of itself, an epsilon of 1e-7 in a logarithm changes a loss at most."""
CODES = {"MeanSquaredError": "F.mse_loss(out, y)", "MeanAbsoluteError": "F.l1_loss(out, y)",
         "MeanAbsolutePercentageError": "100 * ((y - out) / y.abs().clamp_min(1e-7)).abs().mean()",
         "MeanSquaredLogarithmicError":
             "F.mse_loss(torch.log1p(out.clamp_min(1e-7)), torch.log1p(y.clamp_min(1e-7)))",
         "KLDivergence": 'F.kl_div(torch.log(out), y, reduction="batchmean")',
         "LogCosh": "torch.log(torch.cosh(out - y)).mean()",
         "Poisson": "F.poisson_nll_loss(out, y, log_input={log_input})",
         "CosineSimilarity": "-F.cosine_similarity(out, y, dim=-1).mean()",
         "Huber": "F.huber_loss(out, y, delta={delta})",
         "Hinge": "F.relu(1 - (2 * y - 1) * out).mean()",
         "SquaredHinge": "F.relu(1 - (2 * y - 1) * out).square().mean()"}
"""Keras's losses as code for PyTorch."""
OF_LOGITS = {"SparseCategoricalCrossentropy": ("F.cross_entropy(out, y{more})", "F.nll_loss(torch.log(out), y{more})"),
             "CategoricalCrossentropy": ("F.cross_entropy(out, y{more})", "-(y * torch.log(out)).sum(-1).mean()"),
             "BinaryCrossentropy": ("F.binary_cross_entropy_with_logits(out, {y})", "F.binary_cross_entropy(out, {y})")}
"""Those that take logits or probabilities."""


def torch_code(part: Mapping[str, Any]) -> str:
    """One of Keras's losses as code for PyTorch; its name where no short code computes it."""
    given = {"log_input": False, "delta": 1.0, **part["settings"]}
    name, weight = part["function"], "" if part["weight"] == 1 else f"{part['weight']:.6g} * "
    if part["masked"] or part["before_sigmoid"] or name not in CODES and name not in OF_LOGITS:
        return f"a loss that computes {keras_code(part)}"
    if name in CODES:
        return weight + CODES[name].format(**given)
    smoothing, ignored = given.get("label_smoothing"), given.get("ignore_class")
    if smoothing and name == "CategoricalCrossentropy" and not given.get("from_logits"):
        return f"a loss that computes {keras_code(part)}"
    more = (f", label_smoothing={smoothing:g}" if smoothing else "") + \
        (f", ignore_index={ignored}" if ignored is not None else "")
    labels = f"y * {1 - smoothing:g} + {smoothing / 2:g}" if smoothing else "y"
    return weight + OF_LOGITS[name][0 if given.get("from_logits") else 1].format(more=more, y=labels)


def keras_code(part: Mapping[str, Any]) -> str:
    """One of Keras's losses as code."""
    settings = ", ".join(f"{key}={value!r}" for key, value in part["settings"].items()
                         if (value not in (False, 0.0) or key == "ignore_class") and key != "log_input")
    before = " of the values before sigmoid (Keras on TensorFlow)" if part["before_sigmoid"] else ""
    return ("" if part["weight"] == 1 else f"{part['weight']:.6g} * ") + f"{part['function']}({settings}){before}"
