"""Keras's own losses as a suspect: what the PyTorch program would compute with them in place of its loss."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Sequence

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
    code = f"`{' + '.join(map(keras_code, expected))}`" + BEFORE_SIGMOID * any(
        part["before_sigmoid"] for part in expected)
    actual = sorted({operation.kind for operation in computed if operation.kind in torch_losses.ARGUMENTS})
    remark = "yours has another weight, or another term." if set(actual) & set(right_functions(left)) else \
        f"yours is {' and '.join(f'`{each}`' for each in actual)}." if actual else "yours is written by hand."
    epsilon = [part["function"] for part in expected] == ["Poisson"] and actual == ["poisson_nll_loss"] and \
        relative_difference(np.ravel(left.trace["first_loss"]), np.ravel(right.trace["first_loss"])) < EPSILON_SHOWS
    if epsilon:
        remark = "it adds 1e-7 inside of the logarithm, and `poisson_nll_loss` does not."
    if any(part["masked"] for part in expected):
        remark = "it counts only what its mask does not hide."
    yield Suspect(({"kind": "loss", "of": expected},), f"Keras's loss is {code}; {remark}",
                  "" if epsilon else " + ".join(codes(expected)), place, by_design=epsilon, alone=True)


BEFORE_SIGMOID = " of the values before `sigmoid` (Keras on TensorFlow)"
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
         "SquaredHinge": "F.relu(1 - (2 * y - 1) * out).square().mean()",
         "CategoricalHinge": "F.relu(((1 - y) * out).amax(-1) - (y * out).sum(-1) + 1).mean()"}
"""Keras's losses as code for PyTorch."""
OF_LOGITS = {"SparseCategoricalCrossentropy": ("F.cross_entropy({out}, y{more})",
                                               "F.nll_loss(torch.log({out}), y{more})"),
             "CategoricalCrossentropy": ("F.cross_entropy({out}, y{more})",
                                         "-({classes} * torch.log({out})).sum(-1).mean()"),
             "BinaryCrossentropy": ("F.binary_cross_entropy_with_logits({out}, {y})",
                                    "F.binary_cross_entropy({out}, {y})"),
             "CategoricalFocalCrossentropy": tuple(
                 "(-{alpha:g} * {classes} * (1 - %s) ** {gamma:g} * %s).sum(-1).mean()" % each for each in (
                     ("torch.softmax({out}, -1)", "torch.log_softmax({out}, -1)"), ("{out}", "torch.log({out})"))),
             "BinaryFocalCrossentropy": tuple(
                 '((({y}) - %s).abs() ** {gamma:g} * %s({out}, {y}, reduction="none"){balance}).mean()' % each
                 for each in (
                     ("torch.sigmoid({out})", "F.binary_cross_entropy_with_logits"),
                     ("{out}", "F.binary_cross_entropy")))}
"""Those that take logits or probabilities."""


def torch_code(part: Mapping[str, Any]) -> str:
    """One of Keras's losses as code for PyTorch."""
    given = {"log_input": False, "delta": 1.0, "alpha": 0.25, "gamma": 2.0, **part["settings"]}
    name, weight = part["function"], "" if part["weight"] == 1 else f"{part['weight']:.6g} * "
    smoothing, ignored = given.get("label_smoothing"), given.get("ignore_class")
    more = (f", label_smoothing={smoothing:g}" if smoothing else "") + \
        (f", ignore_index={ignored}" if ignored is not None else "")
    labels = f"y * {1 - smoothing:g} + {smoothing / 2:g}" if smoothing else "y"
    classes = f"(y * {1 - smoothing:g} + {smoothing:g} / y.shape[-1])" if smoothing else "y"
    balance = f" * ({given['alpha']:g} * y + {1 - given['alpha']:g} * (1 - y))" if given.get("apply_class_balancing") \
        else ""
    logits = part["before_sigmoid"] or given.get("from_logits")
    code = CODES.get(name) or OF_LOGITS[name][0 if logits else 1]
    code = code.format(**given, more=more, y=labels, classes=classes, balance=balance,
                       out="torch.logit(out)" if part["before_sigmoid"] else "out")
    if part["masked"]:
        code = f"({of_positions(code)} * mask).sum() / mask.sum()"
    return weight + ("out[..., 0].numel() * " if part.get("reduction") == "sum" else "") + code


def codes(expected: Sequence[Mapping[str, Any]]) -> list[str]:
    """The losses of all outputs as code; of several outputs, `out` and `y` have a number each."""
    several = len(expected) > 1
    return [re.sub(r"\b(out|y)\b", rf"\1[{i}]", code) if several else code
            for i, code in enumerate(map(torch_code, expected))]


def of_positions(code: str) -> str:
    """The code of a loss without its mean over samples and positions."""
    if code.endswith(".mean()"):
        return code[:-len(".mean()")] + ("" if code.endswith(".sum(-1).mean()") else ".mean(-1)")
    if "cross_entropy(" in code and "binary" not in code:
        return code.replace("(out, ", "(out.movedim(-1, 1), ", 1)[:-1] + ', reduction="none")'
    return code[:-1] + ', reduction="none").mean(-1)'


def keras_code(part: Mapping[str, Any]) -> str:
    """One of Keras's losses as code."""
    settings = ", ".join(f"{key}={value!r}" for key, value in part["settings"].items()
                         if (value not in (False, 0.0) or key == "ignore_class") and key != "log_input")
    return ("" if part["weight"] == 1 else f"{part['weight']:.6g} * ") + f"{part['function']}({settings})"
